"""Generators on analytic stand-in bundles: what they make, and every refusal."""

import math
import signal
import threading
import warnings

import numpy as np
import pytest
from conftest import ROOT

import quietcloud


def opened(name, **options):
    return quietcloud.Generator(quietcloud.Model(ROOT / "tests/data/generators" / name, device="cpu"), **options)


@pytest.fixture
def cloud():
    return 3 + 0.1 * np.random.default_rng(0).normal(size=(64, 3))


@pytest.mark.parametrize("name", ["ddpm-gaussian", "langevin-gaussian", "vdm-gaussian", "vae", "lion"])
def test_clouds_have_the_shape_that_was_asked_for(name):
    generator = opened(name, quality="fast")
    assert generator.points == (8, 131072, 512)
    clouds = generator.generate(2, progress=False)
    assert clouds.shape == (2, 512, 3) and clouds.dtype == np.float32 and np.isfinite(clouds).all()
    assert not np.array_equal(clouds[0], clouds[1])
    report = generator.report
    assert (report["points"], report["clouds"], report["device"]) == (512, 2, "cpu") and report["calls"] > 0
    assert report["notes"] == [] and report["total_ms"] > 0 and report["runtime_ms"] > 0


def test_a_cloud_depends_on_seed_and_number_alone():
    generator = opened("ddpm-gaussian", seed=5)
    three = generator.generate(3, 50, progress=False)
    assert np.array_equal(opened("ddpm-gaussian", seed=5, threads=3, first=2).generate(points=50, progress=False)[0], three[2])
    wide = generator.generate(3, 50, dtype=float, progress=False)
    assert wide.dtype == np.float64 and np.array_equal(wide.astype(np.float32), three)
    generator.set(seed=6)
    assert not np.array_equal(generator.generate(3, 50, progress=False), three)
    assert generator.generate(0, progress=False).shape == (0, 512, 3)


def test_options_are_this_model_s():
    generator = opened("ddpm-gaussian", steps=np.int64(7), variance="beta")
    table = generator.options()
    assert list(table) == ["steps", "quality", "eta", "variance", "tau", "seed", "first", "threads"]
    assert table["steps"].high == 1000 and table["eta"].kind == "number" and table["quality"].choices[0] == "fast"
    assert all(option.low <= option.initial <= option.high and option.help for option in table.values())
    assert (generator.get("steps"), generator.get("variance"), generator.get("tau")) == (7, "beta", "auto")
    with pytest.raises(ValueError, match="no run"):
        generator.report
    generator.generate(points=20, progress=False)
    assert generator.report["steps"] == 7


def test_reconstructions_stay_in_the_cloud_s_place_and_type(cloud):
    lion = opened("lion")
    for points in (cloud, cloud.astype(np.float32), np.asfortranarray(cloud), np.repeat(cloud, 2, axis=0)[::2]):
        before = points.copy()
        result = lion.reconstruct(points, progress=False)
        assert result.dtype == points.dtype and np.allclose(result, points, atol=1e-4)
        assert np.array_equal(points, before)
    records = np.zeros(len(cloud), [("x", "f4"), ("y", "f4"), ("z", "f4"), ("ring", "u2")])
    for axis, values in zip("xyz", cloud.T):
        records[axis] = values
    assert np.array_equal(lion.reconstruct(records, progress=False), lion.reconstruct(cloud.astype("f4"), progress=False))
    lion.set(tau=1)
    near = lion.diffuse_denoise(cloud, progress=False)
    lion.set(tau=900)
    far = lion.diffuse_denoise(cloud, progress=False)
    assert np.abs(near - cloud).max() < np.abs(far - cloud).max() and near.shape == far.shape == cloud.shape


def test_interpolation_goes_from_one_cloud_to_the_other(cloud):
    vae, other = opened("vae"), 10 + 2 * cloud[:40]
    ends = [vae.interpolate(cloud, other, share, 100, progress=False) for share in (0, 0.5, 1)]
    assert all(end.shape == (100, 3) and end.dtype == np.float64 for end in ends)
    assert not np.array_equal(ends[0], ends[2])
    mixed = vae.interpolate(cloud.astype("f4"), np.asfortranarray(other), 0.5, progress=False)
    assert mixed.dtype == np.float64 and mixed.shape == (512, 3)
    single = vae.interpolate(cloud.astype("f4"), other.astype("f4"), 0.5, 100, progress=False)
    assert single.dtype == np.float32 and np.allclose(single, ends[1], atol=1e-4)


@pytest.mark.parametrize("name", ["ddpm-gaussian", "vdm-gaussian"])
def test_likelihoods_are_bounded_and_prefer_what_the_model_makes(name):
    generator = opened(name, steps=50)
    own = generator.likelihood(generator.generate(points=200, progress=False)[0], progress=False)
    assert isinstance(own, quietcloud.Likelihood)
    assert math.isclose(own.nats_per_point / 3 / math.log(2), own.bits_per_dimension, rel_tol=1e-9)
    # A line is where a Gaussian hardly ever puts its points.
    line = np.outer(np.linspace(-1, 1, 200), [1.0, 0.0, 0.0])
    assert generator.likelihood(line, progress=False).nats_per_point > own.nats_per_point


def test_what_a_model_can_not_do_is_an_error_that_says_so(cloud):
    ddpm, vae, lion = opened("ddpm-gaussian"), opened("vae"), opened("lion")
    with pytest.raises(quietcloud.Error, match="can't reconstruct") as refused:
        ddpm.reconstruct(cloud)
    assert refused.value.code == 12
    with pytest.raises(quietcloud.Error, match="can't give a likelihood"):
        vae.likelihood(cloud)
    with pytest.raises(quietcloud.Error, match="can't diffuse"):
        vae.diffuse_denoise(cloud)
    with pytest.raises(quietcloud.Error, match="can't interpolate"):
        lion.interpolate(cloud, cloud, 0.5)
    with pytest.raises(quietcloud.Error, match="can't generate"):
        quietcloud.Generator(quietcloud.Model(device="cpu"))
    with pytest.raises(quietcloud.Error, match="can't denoise"):
        quietcloud.Filter(quietcloud.Model(ROOT / "tests/data/generators/vae"))


@pytest.mark.parametrize(
    "arguments, error, match",
    [
        ({"points": 7}, ValueError, "8 to 131072"),
        ({"points": 0}, ValueError, "points can't be 0"),
        ({"points": 131073}, ValueError, "points can't be 131073"),
        ({"points": 2**64 + 64}, ValueError, "points can't be"),
        ({"points": 20.5}, TypeError, "float"),
        ({"clouds": -1}, ValueError, "negative"),
        ({"clouds": 1.5}, TypeError, "float"),
        ({"clouds": 2**64 + 1}, ValueError, "dimension"),
        ({"dtype": np.float16}, TypeError, "float16, expected float32 or float64"),
        ({"dtype": ">f4"}, TypeError, "expected float32 or float64"),
    ],
)
def test_wrong_numbers_of_clouds_and_points_are_named(arguments, error, match):
    with pytest.raises(error, match=match):
        opened("ddpm-gaussian").generate(progress=False, **arguments)


def test_wrong_options_and_clouds_are_named(cloud):
    with pytest.raises(TypeError, match="no option 'noise'; the options are steps, quality"):
        opened("vae", noise=1)
    with pytest.raises(ValueError, match="eta"):
        opened("vae", eta=2)
    with pytest.raises(ValueError, match="steps"):
        opened("ddpm-gaussian", steps=1001).generate(progress=False)
    with pytest.raises(ValueError, match="share"):
        opened("vae").interpolate(cloud, cloud, 1.5)
    with pytest.raises(ValueError, match="7 points"):
        opened("vae").reconstruct(cloud[:7])
    with pytest.raises(ValueError, match=r"shape .*expected \(n, 3\)"):
        opened("vae").reconstruct(cloud[:, :2])
    cloud[3, 1] = np.nan
    with pytest.raises(ValueError, match="point 3 is not finite"):
        opened("ddpm-gaussian").likelihood(cloud)


def test_progress_rises_and_an_exception_of_the_listener_comes_out():
    generator, heard = opened("ddpm-gaussian"), []
    expected = generator.generate(points=64, progress=lambda done: heard.append((done, threading.current_thread())))
    parts = [done for done, _ in heard]
    assert parts[0] == 0 and parts[-1] == 1 and parts == sorted(parts)
    assert {thread for _, thread in heard} == {threading.current_thread()}

    def stop(done):
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        generator.generate(points=64, progress=stop)
    with pytest.raises(RuntimeError, match="generator is at work"):
        generator.generate(points=64, progress=lambda done: generator.generate(points=64))
    assert np.array_equal(generator.generate(points=64, progress=False), expected)


def test_an_interrupt_stops_a_run_and_leaves_the_generator_whole():
    generator = opened("ddpm-gaussian", steps=1000)
    main = threading.main_thread().ident

    def interrupt(done):
        # Once; the run goes on until the main thread meets it.
        if not sent:
            sent.append(done)
            signal.pthread_kill(main, signal.SIGINT)

    sent = []
    with pytest.raises(KeyboardInterrupt):
        generator.generate(4, 100_000, progress=interrupt)
    generator.set(steps="auto")
    assert np.isfinite(generator.generate(points=64, progress=False)).all()


def test_notes_are_warnings_where_the_caller_stands(monkeypatch, cloud):
    from quietcloud import _runs

    lion, real = opened("lion"), _runs.text
    monkeypatch.setattr(_runs, "text", lambda ask, *what: "a note" if b"notes" in what else real(ask, *what))
    for call in (lambda: lion.generate(progress=False), lambda: lion.reconstruct(cloud, progress=False)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            call()
        assert [(str(warning.message), warning.filename) for warning in caught] == [("a note", __file__)]
