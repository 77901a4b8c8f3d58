"""Training side of quietcloud: meshes -> noisy clouds -> score network -> ONNX bundle.

Modules, in the order in which data flows: ``data`` ``noise`` ``graph`` ``networks`` ``losses`` ``train`` ``export`` ``check``.
Generators: ``shapes`` ``set_networks`` ``systems`` ``samplers`` ``bundle`` ``set_metrics`` ``evaluate`` ``picture``.
Both are trained by ``loop``.
"""
