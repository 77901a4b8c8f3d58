"""Schedules against their formulas, and every sampler against distributions whose score is known."""

import math

import numpy as np
import pytest

from quietcloud_onnx import samplers, schedule
from quietcloud_onnx.schedule import Schedule

MEAN, SD, COUNT = np.array([0.5, -1.0, 2.0]), 0.6, 20_000


def gaussian_eps(x, alpha, sigma):
    """eps* of x_t = alpha x_0 + sigma eps for x_0 ~ N(MEAN, SD^2 I): sigma (x - alpha MEAN) / (alpha^2 SD^2 + sigma^2)."""
    return sigma * (x - alpha * MEAN) / (alpha**2 * SD**2 + sigma**2)


def check_gaussian(x):
    error = SD / np.sqrt(len(x))
    assert np.abs(x.mean(0) - MEAN).max() < 3 * error
    covariance = np.cov(x.T)
    assert np.abs(np.diag(covariance) - SD**2).max() < 3 * SD**2 * np.sqrt(2 / len(x))
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 3 * SD**2 / np.sqrt(len(x))


def test_betas_against_the_papers_products():
    betas = schedule.linear_betas()
    signal = 1.0
    for t, sigma in enumerate(schedule.sigmas_of_betas(betas)):
        signal *= 1 - (1e-4 + (0.02 - 1e-4) * t / 999)
        assert sigma == pytest.approx(math.sqrt((1 - signal) / signal), rel=1e-6)


def test_cosine_against_its_alpha_bar():
    steps, s = 100, 0.008
    f = lambda t: math.cos((t / steps + s) / (1 + s) * math.pi / 2) ** 2  # noqa: E731
    chain = Schedule(schedule.sigmas_of_betas(schedule.cosine_betas(steps, s)))
    assert chain.alpha_bar[:-1] == pytest.approx([f(t) / f(0) for t in range(1, steps)], rel=1e-6)
    assert chain.beta[-1] == pytest.approx(0.999), "the last step would leave nothing"


def test_the_shifted_cosine_is_the_cosine_where_it_is_not_shifted():
    sigmas = schedule.shifted_cosine_sigmas(low=0.01, high=25, middle=0.4)
    assert (sigmas[0], sigmas[-1]) == pytest.approx((0.01, 25))
    plain = schedule.shifted_cosine_sigmas(low=math.tan(math.pi / 400), high=math.tan(math.pi / 2 * 0.995), middle=1.0, steps=199)
    assert plain == pytest.approx([math.tan(math.pi / 2 * t / 200) for t in range(1, 200)])  # s = 0: alpha-bar = cos^2


def test_gammas_are_log_variances():
    assert schedule.sigmas_of_gammas([0.0, 2 * math.log(3)]) == pytest.approx([1, 3])


def test_clocks_visit_different_steps_from_last_to_clean():
    assert schedule.clocks(10, 10) == list(range(10, -1, -1)) and schedule.clocks(1000, 3) == [1000, 667, 333, 0]
    for rho in (0.2, 1.0, 7.0):
        visited = schedule.clocks(30, 29, rho)
        assert len(visited) == 30 and (np.diff(visited) < 0).all() and (visited[0], visited[-1]) == (30, 0)
    for steps in (0, 31):
        with pytest.raises(ValueError):
            schedule.clocks(30, steps)


def ddpm(eta, steps, variance="beta_tilde"):
    """What the chain makes of the Gaussian; its variance is too low by about 4.5/steps (eta 1) or 2.7/steps (eta 0)."""
    chain = Schedule(schedule.shifted_cosine_sigmas(steps=1000))
    levels = samplers.levels_of(chain, schedule.clocks(1000, steps))
    rng = np.random.default_rng(2)
    state = levels[0][0] * (MEAN + SD * rng.standard_normal((COUNT, 3))) + levels[0][1] * rng.standard_normal((COUNT, 3))

    class Draws:
        def __getitem__(self, _):
            return rng.standard_normal((COUNT, 3))

    return samplers.reverse_chain(lambda x, i: gaussian_eps(x, *levels[i]), state, levels, Draws(), eta, variance)


def test_ddim_returns_the_gaussian():
    check_gaussian(ddpm(0.0, 500))


def test_ancestral_sampling_returns_the_gaussian():
    check_gaussian(ddpm(1.0, 700))


def test_the_larger_variance_is_the_other_upper_bound():
    """beta is exact for x_0 ~ N(0, I), beta~ for a point (Ho et al., 3.2): between them, beta spreads more."""
    low, high = ddpm(1.0, 60).var(), ddpm(1.0, 60, "beta").var()
    assert high > low


def test_three_ways_to_write_the_ancestral_step():
    """DDPM's algorithm 2, VDM's step and the posterior with eta 1 are the same numbers."""
    chain = Schedule(schedule.sigmas_of_betas(schedule.linear_betas(steps=50)))
    rng = np.random.default_rng(0)
    x, eps, draw = rng.standard_normal((3, 20, 3))
    for t in (2, 17, 50):
        upper, lower = samplers.levels_of(chain, [t, t - 1])
        step = samplers.posterior_step(x, eps, upper, lower, 1.0, draw)
        ho = samplers.ancestral_step_ho(x, eps, chain.alpha[t - 1], chain.alpha_bar[t - 1], np.sqrt(chain.beta_tilde[t - 1]), draw)
        gammas = [2 * np.log(sigma / alpha) for alpha, sigma in (upper, lower)]
        assert np.abs(step - ho).max() < 1e-9 and np.abs(step - samplers.ancestral_step_vdm(x, eps, *gammas, draw)).max() < 1e-9


def test_vdm_returns_the_gaussian():
    gammas, rng = np.linspace(6, -9, 1001), np.random.default_rng(4)
    sigmoid = lambda g: 1 / (1 + np.exp(-g))  # noqa: E731
    level = lambda i: (np.sqrt(sigmoid(-gammas[i])), np.sqrt(sigmoid(gammas[i])))  # noqa: E731
    alpha, sigma = level(0)
    state = alpha * (MEAN + SD * rng.standard_normal((COUNT, 3))) + sigma * rng.standard_normal((COUNT, 3))

    class Draws:
        def __getitem__(self, _):
            return rng.standard_normal((COUNT, 3))

    check_gaussian(samplers.vdm_chain(lambda x, i: gaussian_eps(x, *level(i)), state, gammas, Draws()))


def test_langevin_returns_the_gaussian_within_its_own_bias():
    """At the last level the stationary variance is v / (1 - r sigma^2 / (2 v)), v = SD^2 + sigma^2: of order eps^2."""
    sigmas, rate, rng = np.geomspace(3.0, 0.5, 5), 0.2, np.random.default_rng(5)
    state = MEAN + np.sqrt(SD**2 + 9) * rng.standard_normal((COUNT, 3))

    class Draws:
        def __getitem__(self, _):
            return rng.standard_normal((COUNT, 3))

    score = lambda x, i: -(x - MEAN) / (SD**2 + sigmas[i] ** 2)  # noqa: E731
    x = samplers.langevin_chain(score, state, sigmas, Draws(), 60, rate, False)
    v = SD**2 + 0.25
    wanted = v / (1 - rate * 0.25 / (2 * v))
    assert np.abs(x.mean(0) - MEAN).max() < 3 * np.sqrt(wanted / COUNT)
    assert np.abs(x.var(0) / wanted - 1).max() < 4 * np.sqrt(2 / COUNT)


def test_a_mixture_keeps_its_weights():
    """0.3 N(-1, 0.2^2) + 0.7 N(1, 0.2^2), ancestral: weights within three standard errors."""
    weights, centers, sd = np.array([0.3, 0.7]), np.array([-1.0, 1.0]), 0.2
    chain = Schedule(schedule.shifted_cosine_sigmas(steps=400))
    levels, rng = samplers.levels_of(chain, schedule.clocks(400, 400)), np.random.default_rng(6)
    count = 20_000

    def eps(x, i):
        alpha, sigma = levels[i]
        variance = alpha**2 * sd**2 + sigma**2
        log = np.log(weights) - (x - alpha * centers) ** 2 / (2 * variance)
        share = np.exp(log - log.max(1, keepdims=True))
        share /= share.sum(1, keepdims=True)
        return (share * sigma * (x - alpha * centers) / variance).sum(1, keepdims=True)

    class Draws:
        def __getitem__(self, _):
            return rng.standard_normal((count, 1))

    start = np.where(rng.random((count, 1)) < 0.3, -1, 1) + sd * rng.standard_normal((count, 1))
    state = levels[0][0] * start + levels[0][1] * rng.standard_normal((count, 1))
    x = samplers.reverse_chain(eps, state, levels, Draws())
    assert abs((x < 0).mean() - 0.3) < 3 * np.sqrt(0.21 / count)
    assert abs(x[x > 0].mean() - 1) < 0.01 and abs(x[x > 0].std() - sd) < 0.01
