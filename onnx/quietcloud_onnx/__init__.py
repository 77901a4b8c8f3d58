"""Training side of quietcloud: meshes -> noisy clouds -> score network -> ONNX bundle.

Modules, in the order in which data flows: ``data`` ``noise`` ``graph`` ``networks`` ``losses`` ``train`` ``export`` ``check``.
"""
