"""The reference sampler of METHOD 3 in NumPy: annealed Langevin dynamics, against which the Rust core is checked."""

import numpy as np


def anneal(score, state, sigmas, sampling, heat, draws=None):
    """``sampling["inner"]`` steps at each of the falling ``sigmas``: x + r sigma^2 s + heat sqrt(2 r) sigma z, then the
    noise-free step sigma^2 s where ``sampling["final"]``. score(state, sigma, call) -> [n,d]; draws [calls,n,d]."""
    call, rate = 0, sampling["rate"]
    for sigma in sigmas:
        for _ in range(sampling["inner"]):
            state = state + rate * sigma**2 * score(state, sigma, call)
            if heat > 0:
                state = state + heat * np.sqrt(2 * rate) * sigma * draws[call]
            call += 1
    return state + sigmas[-1] ** 2 * score(state, sigmas[-1], call) if sampling["final"] else state
