"""Energy-based and score models (METHOD 3): p(x) = exp(-E(x)) / Z, score = -grad E, and Langevin's way to sample them.

    losses     implicit score matching (exact trace, Hutchinson) and denoising score matching
    gradient   an energy network exported as its gradient
    networks   a local energy for denoising
    langevin   the reference sampler in NumPy
    train      the training, a system of the shared loop
    export     bundles
"""
