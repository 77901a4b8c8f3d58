"""ScoreDenoise (METHOD 2; Luo & Hu, ICCV 2021): a local score around every point of the scan, climbed by gradient ascent.

    networks   our features (the default model's edge convolutions) and the local score
    plain      a plain reimplementation of the published network; the layout of its public checkpoints
    patches    what both are trained on
    train      the training, a system of the shared loop
    ascent     the reference sampler in NumPy
    export     bundles
"""
