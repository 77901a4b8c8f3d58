import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment

from quietcloud_onnx import losses
from quietcloud_onnx.graph import knn_graph
from quietcloud_onnx.schedule import Schedule, geometric_sigmas
from quietcloud_onnx.train import Sbd, parser


def test_schedule_is_a_variance_schedule():
    s = Schedule(geometric_sigmas())
    assert ((s.beta > 0) & (s.beta < 1)).all()
    assert np.allclose(np.cumprod(1 - s.beta), s.alpha_bar, rtol=1e-12)
    assert np.allclose(np.sqrt(s.beta_bar / s.alpha_bar), s.sigmas, rtol=1e-9)
    # Bayes' rule: 1/beta~ = alpha/beta + 1/beta-bar of the step below.
    assert np.allclose(1 / s.beta_tilde[1:], s.alpha[1:] / s.beta[1:] + 1 / s.beta_bar[:-1])


def test_weights_are_those_of_the_exact_divergence():
    s = Schedule(geometric_sigmas(steps=40))
    elbo, sbd = s.weights("elbo"), s.weights("sbd")
    exact = s.beta**2 / (2 * s.beta_tilde * s.alpha * s.beta_bar)  # DDPM's weight of ||eps - eps_theta||^2
    assert np.allclose(elbo[1:] / elbo[5], exact[1:] / exact[5])
    assert np.allclose(sbd[1:] / elbo[1:], (s.alpha / s.beta_tilde)[1:] * (sbd[5] / elbo[5]) / (s.alpha / s.beta_tilde)[5])
    assert (s.weights("simple") == 1).all()
    with pytest.raises(ValueError):
        s.weights("other")


def test_levels_start_at_the_scan_and_end_clean():
    s = Schedule(geometric_sigmas())
    levels = s.levels_from(1.0, 5, 1.0)
    assert len(levels) == 6 and levels[-1] == 0 and (np.diff(levels) < 0).all()
    assert levels[0] >= 1.0 and s.sigmas[np.searchsorted(s.sigmas, levels[0]) - 1] < 1.0
    assert s.levels_from(0.0, 5, 1.0) == [0.0] and s.levels_from(1e9, 3, 1.0)[0] == s.sigmas[-1]


def test_targets_on_a_plane():
    rng = np.random.default_rng(0)
    grid = np.stack(np.meshgrid(np.arange(30.0), np.arange(30.0)), -1).reshape(-1, 2)
    clean, normals = np.c_[grid, np.zeros(900)], np.tile([0.0, 0, 1], (900, 1))
    draw = rng.standard_normal((900, 3))
    noisy = clean + 0.3 * draw
    assert np.allclose(losses.target("origin", noisy, clean, 0.3, clean, normals), draw)
    surface = losses.target("surface", noisy, clean, 0.3, clean, normals)
    assert np.allclose(surface, draw * [0, 0, 1])
    nearest = losses.target("nearest", noisy, clean, 0.3, clean, normals)
    assert np.allclose(nearest[:, 2], draw[:, 2]) and np.abs(nearest[:, :2]).max() < 5


def test_losses_against_closed_forms():
    predicted, wanted = torch.tensor([[1.0, 2, 3], [9, 9, 9]]), torch.tensor([[0.0, 0, 0], [0, 0, 0]])
    inside, weight = torch.tensor([[1.0], [0.0]]), torch.tensor([[2.0], [5.0]])
    normals = torch.tensor([[0.0, 0, 1], [0, 0, 1]])
    assert losses.score_loss(predicted, wanted, weight, inside, normals).item() == pytest.approx(2 * 14 / 3)
    assert losses.score_loss(predicted, wanted, weight, inside, normals, 0.1).item() == pytest.approx(2 * 9.5 / 3)
    estimate = torch.tensor([[np.log(0.5)], [0.0]], dtype=torch.float32)
    truth = torch.tensor([[0.25], [1.0]])
    assert losses.noise_loss(estimate, truth, inside, floor=0.0).item() == pytest.approx(np.log(2), rel=1e-5)


def test_patches_as_a_whole_are_held_to_their_noise():
    truth, inside = torch.full((20, 1), 0.5), torch.ones(20, 1)
    patch = torch.tensor([[0.0]] * 12 + [[1.0]] * 8)
    estimate = torch.log(truth)
    # Those of the first patch err to both sides alike, one of them wildly, one that does not count; those of the second to one.
    estimate[:12, 0] += torch.tensor([0.1, -0.1] * 5 + [9.0, -0.2])
    estimate[12:] += 0.3
    inside[0] = 0
    loss = losses.median_noise_loss(estimate, truth, inside, patch, floor=0.0)
    of_first = np.sort([0.1] * 4 + [-0.1] * 5 + [9.0, -0.2])[2:-2].mean()
    assert loss.item() == pytest.approx((abs(of_first) + 0.3) / 2, rel=1e-5)


def flat_patch(n=30):
    grid = torch.stack(torch.meshgrid(torch.arange(float(n)), torch.arange(float(n)), indexing="ij"), -1).reshape(-1, 2)
    return torch.cat([grid, torch.zeros(n * n, 1)], 1), torch.tensor([[0.0, 0, 1]]).expand(n * n, 3)


def of_the_set(estimate, clean, normals, within, level=0.5, patch=None, inside=None, detail=None):
    one = torch.ones(len(clean), 1)
    patch, inside = 0 * one if patch is None else patch, one if inside is None else inside
    return losses.set_loss(estimate, clean, level * one, normals, patch, one, inside, within, one if detail is None else detail)


def test_matching_is_one_to_one_and_near_the_optimum():
    rng = np.random.default_rng(1)
    clean, _ = flat_patch(12)
    clean = clean.numpy().astype(float)
    points = clean + rng.standard_normal(clean.shape) * [1, 1, 0.2]
    matched = losses.match(points, clean, losses.nearest_rows(points, clean))
    assert sorted(matched) == list(range(len(clean)))
    cost = ((points[:, None] - clean) ** 2).sum(2)
    best = cost[linear_sum_assignment(cost)].sum()
    assert best <= cost[np.arange(len(clean)), matched].sum() < 1.3 * best < 0.7 * np.trace(cost)


def test_matching_is_the_same_without_a_compiler(monkeypatch):
    rng = np.random.default_rng(2)
    clean = rng.standard_normal((500, 3))
    points = clean + 0.2 * rng.standard_normal(clean.shape)
    near = losses.nearest_rows(points, clean)
    native = losses.match(points, clean, near)
    monkeypatch.setattr(losses, "library", lambda: None)
    assert (losses.match(points, clean, near) == native).all()


def test_the_set_loss_against_closed_forms():
    clean, normals = flat_patch()
    lifted = clean + torch.tensor([0.0, 0, 0.1])
    # 0.2 levels off the plane; within it, each is where it belongs.
    for within in (0.0, 0.5):
        assert of_the_set(lifted, clean, normals, within).item() == pytest.approx(0.04 / 3, rel=1e-4)
    # Which of the points lies where is all the same to a set.
    pairs = torch.arange(len(clean)).reshape(-1, 2).flip(1).flatten()
    assert of_the_set(clean[pairs], clean, normals, 1.0).item() == 0
    slid = clean + torch.tensor([0.3, 0.2, 0])
    assert of_the_set(slid, clean, normals, 0.0).item() == 0
    assert of_the_set(slid, clean, normals, 1.0).item() == pytest.approx(0.13 / 0.25 / 3, rel=1e-4)
    # Two points at one place: one of them has to go to where nobody is, two levels away.
    crowded = clean.clone()
    crowded[400] = crowded[401]
    assert of_the_set(crowded, clean, normals, 1.0).item() == pytest.approx(4 / 3 / len(clean), rel=1e-4)
    outside = torch.ones(len(clean), 1)
    outside[400] = 0
    assert of_the_set(crowded, clean, normals, 1.0, inside=outside).item() == 0


def test_a_tip_that_was_rounded_off_is_missed():
    """Every estimate lies in the surface; a clean point two over it has none, four levels off, and counts by its detail."""
    clean, normals = flat_patch()
    clean = clean.clone()
    estimate = clean.clone()
    clean[400, 2] += 2
    missed = 16 / 2 / 3 / len(clean)
    assert of_the_set(estimate, clean, normals, 0.0).item() == pytest.approx(missed, rel=1e-4)
    telling = torch.ones(len(clean), 1)
    telling[400] = 4
    assert of_the_set(estimate, clean, normals, 0.0, detail=telling).item() == pytest.approx(4 * missed, rel=1e-4)


def test_patches_of_a_batch_are_sets_of_their_own():
    clean, normals = flat_patch()
    both, twice = torch.cat([clean, clean]), torch.cat([normals, normals])
    # The second patch lies where the first was measured: put together, it would be the first's surface.
    moved = torch.cat([clean + torch.tensor([0, 0, 0.1]), clean])
    patch = torch.cat([torch.zeros(len(clean), 1), torch.ones(len(clean), 1)])
    assert of_the_set(moved, both + torch.tensor([0, 0, 0.1]) * patch, twice, 0.0, patch=patch).item() == pytest.approx(0.04 / 3, rel=1e-4)


def test_on_a_curved_surface_the_set_has_no_bias():
    """The mean over origins spread within a sphere's surface lies off it; the mean of nothing that the set loss asks for does."""
    rng = np.random.default_rng(3)
    clean = rng.standard_normal((4000, 3))
    clean *= 10 / np.linalg.norm(clean, axis=1, keepdims=True)
    normals = torch.from_numpy(clean / 10)
    clean = torch.from_numpy(clean)
    draw = torch.from_numpy(rng.standard_normal((4000, 3)))
    within = draw - (draw * normals).sum(1, keepdim=True) * normals

    def best(loss):
        """The height over the surface at which the loss is least, of points that have slid along it."""
        heights = np.linspace(-0.3, 0.3, 61)
        slid = clean + within
        slid *= 10 / slid.norm(dim=1, keepdim=True)
        return heights[int(np.argmin([loss(slid * (1 + height / 10)).item() for height in heights]))]

    one = torch.ones(4000, 1)
    origin = best(lambda estimate: losses.score_loss(estimate - clean, 0 * clean, one, one, normals, 0.0))
    assert abs(best(lambda estimate: of_the_set(estimate, clean, normals, 0.0, level=1.0))) < 0.02 < 0.05 < origin


def test_jarque_bera_of_the_chain():
    """METHOD 1: with `origin` the intermediate variables are normal; generated by `nearest` they are not."""
    rng = np.random.default_rng(5)
    grid = np.stack(np.meshgrid(np.arange(50.0), np.arange(50.0)), -1).reshape(-1, 2)
    clean = np.c_[grid, np.zeros(2500)]
    normals = np.tile([0.0, 0, 1], (2500, 1))
    noisy = clean + 0.8 * rng.standard_normal(clean.shape)
    critical = 9.21  # chi-squared, 2 degrees of freedom, 1 %
    origin = losses.target("origin", noisy, clean, 0.8, clean, normals)
    nearest = losses.target("nearest", noisy, clean, 0.8, clean, normals)
    assert losses.jarque_bera(origin) < critical
    assert losses.jarque_bera(nearest) > critical


def test_spacing_of_a_lattice_is_its_pitch():
    grid = np.stack(np.meshgrid(np.arange(40.0), np.arange(40.0)), -1).reshape(-1, 2) * 0.01
    cloud = np.c_[grid, np.zeros(1600)]
    neighbors, spacing = knn_graph(cloud, 20)
    assert neighbors.shape == (1600, 20) and (neighbors != np.arange(1600)[:, None]).all()
    assert abs(np.median(spacing) / 0.01 - 1) < 0.06
    for n in (1, 2, 5):
        neighbors, spacing = knn_graph(np.zeros((n, 3)), 20)
        assert neighbors.shape == (n, 20) and neighbors.max() < n and (spacing > 0).all()


def test_late_states_and_those_of_nearly_clean_scans_count_less():
    """The same error in units of the level: at the scan's own noise, at a quarter of it, and at a tenth of a pitch."""
    clean, normals = flat_patch(10)
    one = torch.ones(len(clean), 1)
    system = Sbd(parser().parse_args(["--pool", "", "--out", ""]))
    still = {"score": lambda *_: torch.zeros(len(clean), 3)}

    def loss(level, share=1.0):
        given = dict(edges=None, neighbors=None, sigma=None, state=clean + torch.tensor([0, 0, 0.2 * level]), clean=clean, normals=normals)
        return system.score_loss(still, given | dict(level=level * one, tangent=share**2 * one, patch=0 * one, inside=one, detail=one)).item()

    assert loss(0.5, 0.25) == pytest.approx(loss(0.5) / 4) and loss(0.5) > 0
    assert loss(0.1) == pytest.approx(loss(0.5) / 4, rel=1e-4)
    # A late state of a nearly clean scan: once, by the lower of the two.
    assert loss(0.05, 0.5) == pytest.approx(loss(0.5) / 8, rel=1e-4)
