"""Reference samplers of the generative systems (METHOD 3 to 7) in NumPy, against which the Rust core is checked.

A state is float64 [n,d]; ``predict(state, level index)`` is whatever gives the network's output as an array. Draws are
recorded standard normal numbers: draws[0] makes the initial state, draws[i+1] belongs to transition i.
"""

import numpy as np


def levels_of(schedule, clocks):
    """(alpha, sigma) of METHOD 0 at the step numbers ``clocks``; step 0 is clean."""
    bar = np.concatenate([[1.0], schedule.alpha_bar])
    noise = np.concatenate([[0.0], schedule.beta_bar])
    return [(np.sqrt(bar[t]), np.sqrt(noise[t])) for t in clocks]


def posterior_step(x, eps, upper, lower, eta, draw, variance="beta_tilde"):
    """One reverse step between two levels (alpha, sigma): Song et al.'s DDIM with eta; eta 1 is DDPM's ancestral step.

    variance "beta" puts Ho et al.'s other choice, beta of the (sub-)step, in the place of the posterior's.
    """
    (alpha, sigma), (alpha_s, sigma_s) = upper, lower
    clean = (x - sigma * eps) / alpha
    if sigma_s == 0:
        return clean
    beta = 1 - (alpha / alpha_s) ** 2
    tilde = (sigma_s / sigma) ** 2 * beta
    mean = alpha_s * clean + np.sqrt(sigma_s**2 - eta**2 * tilde) * eps
    return mean + eta * np.sqrt(beta if variance == "beta" else tilde) * draw


def ancestral_step_ho(x, eps, alpha, alpha_bar, noise_sd, draw):
    """Algorithm 2 of Ho et al. as printed: (x - (1 - alpha)/sqrt(1 - alpha-bar) eps) / sqrt(alpha) + sigma z."""
    return (x - (1 - alpha) / np.sqrt(1 - alpha_bar) * eps) / np.sqrt(alpha) + noise_sd * draw


def ancestral_step_vdm(x, eps, gamma_t, gamma_s, draw):
    """METHOD 7: c = -expm1(gamma_s - gamma_t), mean (alpha_s/alpha_t)(x - c sigma_t eps), variance sigma_s^2 c."""
    sigmoid = lambda g: 1 / (1 + np.exp(-g))  # noqa: E731
    c = -np.expm1(gamma_s - gamma_t)
    mean = np.sqrt(sigmoid(-gamma_s) / sigmoid(-gamma_t)) * (x - c * np.sqrt(sigmoid(gamma_t)) * eps)
    return mean + np.sqrt(sigmoid(gamma_s) * c) * draw


def reverse_chain(predict, state, levels, draws, eta=1.0, variance="beta_tilde"):
    """From ``state`` at levels[0] down to levels[-1]; transition i takes draws[i+1]. predict(x, i) gives eps."""
    for i, (upper, lower) in enumerate(zip(levels[:-1], levels[1:])):
        state = posterior_step(state, predict(state, i), upper, lower, eta, draws[i + 1], variance)
    return state


def vdm_chain(predict, state, gammas, draws):
    """Ancestral sampling over falling ``gammas`` [S+1], then the clean estimate at the last one."""
    for i, (gamma_t, gamma_s) in enumerate(zip(gammas[:-1], gammas[1:])):
        state = ancestral_step_vdm(state, predict(state, i), gamma_t, gamma_s, draws[i + 1])
    sigma, alpha = 1 / np.sqrt(1 + np.exp(-gammas[-1])), 1 / np.sqrt(1 + np.exp(gammas[-1]))
    return (state - sigma * predict(state, len(gammas) - 1)) / alpha


def langevin_chain(score, state, sigmas, draws, inner, rate, final):
    """Annealed Langevin over falling ``sigmas``: ``inner`` steps of eps^2/2 = rate sigma^2 at each (METHOD 3).

    final: one more step without noise, x + sigma^2 score, the clean estimate at the lowest level.
    """
    row = 0
    for i, sigma in enumerate(sigmas):
        for _ in range(inner):
            row += 1
            state = state + rate * sigma**2 * score(state, i) + np.sqrt(2 * rate) * sigma * draws[row]
    return state + sigmas[-1] ** 2 * score(state, len(sigmas) - 1) if final else state
