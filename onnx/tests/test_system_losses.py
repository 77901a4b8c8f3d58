"""Every loss of METHOD 3 to 7 against an independent computation."""

import math

import numpy as np
import pytest
import torch
from scipy.spatial import cKDTree
from scipy.stats import norm

from quietcloud_onnx import schedule
from quietcloud_onnx.schedule import Schedule
from quietcloud_onnx.systems import ddpm, langevin, lion, vae, vdm

SD = 0.5


def normal_clouds(count=32, points=100, seed=0):
    return SD * torch.randn(count, points, 3, generator=torch.Generator().manual_seed(seed))


def exact_eps(x, alpha, sigma):
    """The best prediction where x_0 ~ N(0, SD^2 I)."""
    return sigma * x / (alpha**2 * SD**2 + sigma**2)


def test_ddpm_weight_is_the_divergence_of_two_gaussians():
    """KL(N(mu~, beta~) || N(mu_theta, sigma^2)) = ||mu~ - mu_theta||^2 / (2 sigma^2) + constant, mu by Bayes' rule."""
    chain = Schedule(schedule.sigmas_of_betas(schedule.linear_betas(steps=30)))
    rng = np.random.default_rng(0)
    x0, eps, guess = rng.standard_normal((3, 5, 3))
    for t in (2, 13, 30):
        bar, before, beta = chain.alpha_bar[t - 1], chain.alpha_bar[t - 2], chain.beta[t - 1]
        x = np.sqrt(bar) * x0 + np.sqrt(1 - bar) * eps
        mean = lambda clean: (np.sqrt(1 - beta) * (1 - before) * x + np.sqrt(before) * beta * clean) / (1 - bar)  # noqa: E731
        apart = ((mean(x0) - mean((x - np.sqrt(1 - bar) * guess) / np.sqrt(bar))) ** 2).sum()
        for variance, sigma2 in (("beta_tilde", (1 - before) / (1 - bar) * beta), ("beta", beta)):
            weight = ddpm.bound_weights(chain, variance)[t - 1]
            assert weight * ((eps - guess) ** 2).sum() == pytest.approx(apart / (2 * sigma2), rel=1e-9)


def test_ddpm_loss_weighs_clouds():
    predicted, eps = torch.zeros(2, 4, 3), torch.stack([torch.full((4, 3), 1.0), torch.full((4, 3), 3.0)])
    assert ddpm.weighted_loss(predicted, eps, torch.tensor([2.0, 0.5])).item() == pytest.approx((2 * 1 + 0.5 * 9) / 2)


def test_ddpm_bound_is_the_entropy_when_the_score_is_exact():
    """With the exact posterior mean the bound of a Gaussian comes down to its negative log density, 3/2 log(2 pi e SD^2)."""
    # Many steps: each makes the bound looser by 3/4 (its step of gamma)^2.
    chain = Schedule(schedule.geometric_sigmas(0.01, 40, 20_000))
    bar, rest = (torch.tensor(np.sqrt(v), dtype=torch.float32) for v in (chain.alpha_bar, chain.beta_bar))
    level = lambda v, t: v[t - 1][:, None, None]  # noqa: E731
    predict = lambda x, t: exact_eps(x, level(bar, t), level(rest, t))  # noqa: E731
    made = torch.Generator().manual_seed(1)
    points = normal_clouds()
    for variance in ("beta_tilde", "beta"):
        found = ddpm.variational_bound(predict, points, chain, variance, draws=150, generator=made)
        wanted = -norm(scale=SD).logpdf(points.numpy()).sum(-1).mean()
        assert found["total"] == pytest.approx(wanted, abs=0.05) and found["total"] == pytest.approx(sum(list(found.values())[:3]))
    assert found["prior"] == pytest.approx(float(ddpm.prior_term(points, chain.alpha_bar[-1])))
    # KL(N(m, v) || N(0, 1)) = (v + m^2 - 1 - log v) / 2 for each coordinate.
    v, m = 1 - 0.3, math.sqrt(0.3) * points.double().numpy()
    assert float(ddpm.prior_term(points, 0.3)) == pytest.approx((0.5 * (v + m**2 - 1 - math.log(v))).sum(-1).mean(), rel=1e-5)


def test_langevin_loss_vanishes_at_the_score_and_counts_levels_alike():
    points = normal_clouds(2, 5)
    sigma = torch.tensor([0.1, 2.0])[:, None, None]
    draw = torch.randn(points.shape, generator=torch.Generator().manual_seed(2))
    noisy = points + sigma * draw
    assert langevin.denoising_loss(-(noisy - points) / sigma**2, points, noisy, sigma).item() == pytest.approx(0, abs=1e-9)
    assert langevin.denoising_loss(torch.zeros_like(points), points, noisy, sigma).item() == pytest.approx(draw.pow(2).mean().item(), rel=1e-4)


def test_chamfer_against_a_tree():
    a, b = normal_clouds(2, 40, 1), normal_clouds(2, 50, 2)
    for i, found in enumerate(vae.chamfer(a, b).tolist()):
        ways = [(cKDTree(q).query(p)[0] ** 2).mean() for p, q in ((a[i], b[i]), (b[i], a[i]))]
        assert found == pytest.approx(sum(ways), rel=1e-4)


def test_divergence_against_torchs_own():
    mean, log_sd = torch.randn(4, 6), torch.randn(4, 6)
    normal = torch.distributions.Normal
    wanted = torch.distributions.kl_divergence(normal(mean, log_sd.exp()), normal(0.0, 1.0)).sum(1)
    assert torch.allclose(vae.divergence(mean, log_sd), wanted, rtol=1e-4)
    assert vae.divergence(torch.zeros(1, 6), torch.zeros(1, 6)).item() == 0
    points = (torch.randn(3, 5, 4), torch.randn(3, 5, 4))
    wanted = torch.distributions.kl_divergence(normal(points[0], points[1].exp()), normal(0.0, 1.0)).sum((1, 2))
    assert torch.allclose(vae.divergence(*points), wanted, rtol=1e-4)


def test_lion_elbo_of_a_gaussian_decoder():
    points, decoded = normal_clouds(2, 5, 3), normal_clouds(2, 5, 4)
    z, h = (torch.ones(2, 7), torch.zeros(2, 7)), (torch.zeros(2, 5, 4), torch.zeros(2, 5, 4))
    reconstruction, kl_z, kl_h = lion.elbo_terms(points, decoded, z, h, sd=0.3)
    log_density = norm(decoded.numpy(), 0.3).logpdf(points.numpy()).sum((1, 2)).mean()
    constant = 15 * math.log(0.3 * math.sqrt(2 * math.pi))
    assert 5 * reconstruction.item() - -log_density == pytest.approx(-constant, rel=1e-4)
    assert 5 * kl_z.item() == pytest.approx(3.5) and kl_h.item() == 0


@pytest.fixture(scope="module")
def gamma():
    torch.manual_seed(0)
    network = vdm.Gamma(2 * math.log(0.05), 7.0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.5)
    return network


def test_gamma_rises_between_its_ends_and_knows_its_slope(gamma):
    t = torch.linspace(0, 1, 401, dtype=torch.float64).requires_grad_()
    value, slope = gamma.double()(t)
    gamma.float()
    assert (value.diff() > 0).all() and value[0].item() == pytest.approx(gamma.low) and value[-1].item() == pytest.approx(7.0)
    assert torch.allclose(slope, torch.autograd.grad(value.sum(), t)[0])


def test_vdm_bound_is_the_entropy_when_the_score_is_exact(gamma):
    """Exact score of a Gaussian: the continuous bound differs from -log2 p only by what gamma(0) cuts off."""
    predict = lambda x, g: exact_eps(x, torch.sigmoid(-g)[..., None].sqrt(), torch.sigmoid(g)[..., None].sqrt())  # noqa: E731
    points = normal_clouds()
    torch.manual_seed(3)
    found = vdm.bound(predict, gamma, points, draws=150)
    # What is described is x_0 blurred by the precision: the decoder's N(z_0/alpha_0, e^gamma_0) on top of its mean.
    wanted = -norm(scale=SD).logpdf(points.numpy()).mean() / math.log(2)
    assert found["total"] == pytest.approx(wanted, abs=0.03)
    # Discrete losses fall towards the continuous one as steps are added (VDM, section 4).
    coarse, fine = (vdm.bound(predict, gamma, points, steps, draws=60)["diffusion"] for steps in (20, 1000))
    assert coarse > fine + 0.05 and fine == pytest.approx(found["diffusion"], abs=0.05)


def test_vdm_terms_against_divergences(gamma):
    points, g = normal_clouds(3, 10), 1.3
    variance, mean = 1 / (1 + math.exp(-g)), math.sqrt(1 / (1 + math.exp(g))) * points.double().numpy()
    assert float(vdm.prior_loss(points, g)) == pytest.approx((0.5 * (variance + mean**2 - 1 - math.log(variance))).mean(), rel=1e-5)
    draws = np.random.default_rng(0).standard_normal(400_000) * math.exp(-1.5)
    assert vdm.reconstruction_loss(-3.0) == pytest.approx(-norm(scale=math.exp(-1.5)).logpdf(draws).mean(), abs=0.01)
    eps = torch.randn(points.shape)
    upper, lower = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.5, 1.9, 2.0])
    nothing = lambda x, g: torch.zeros_like(x)  # noqa: E731
    found = vdm.discrete_loss(nothing, points, upper, lower, eps, 10)
    snr = lambda g: np.exp(-g.numpy())  # noqa: E731
    # (SNR(s) - SNR(t)) / 2 ||x - x^||^2, the same term in VDM's equation 13.
    x_hat = vdm.noised(points, upper, eps).numpy() / np.sqrt(1 / (1 + np.exp(upper.numpy())))[:, None, None]
    assert found.numpy() == pytest.approx(10 / 2 * (snr(lower) - snr(upper)) * ((points.numpy() - x_hat) ** 2).mean((1, 2)), rel=1e-4)
    assert vdm.continuous_loss(nothing, points, upper, lower, eps, 0.5).numpy() == pytest.approx(0.25 * lower.numpy() * eps.pow(2).mean((1, 2)).numpy(), rel=1e-5)
