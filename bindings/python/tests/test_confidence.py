"""Ratings of cleaned clouds: strays are told, every layout gives the same, every misuse is named."""

import numpy as np
import pytest
from conftest import noisy_sphere

import quietcloud


@pytest.fixture(scope="module")
def cleaned():
    """A noisy sphere with strays at 100, 200 ..., what came out of a run, and the run's noise."""
    points = noisy_sphere(3000)
    points[100::100] *= 1.3
    run = quietcloud.Filter()
    return points, run(points, progress=False), run.report["noise"]


def test_strays_are_rated_low_and_the_rest_is_not(cleaned):
    rated = quietcloud.confidence(*cleaned)
    assert rated.shape == (3000,) and rated.dtype == np.float32 and rated.min() >= 0 and rated.max() <= 1
    strays = np.zeros(3000, bool)
    strays[100::100] = True
    assert (rated[strays] < 0.01).mean() > 0.9 and (rated[~strays] < 0.01).mean() < 0.05


def test_layout_and_precision_change_nothing(cleaned):
    points, clean, noise = cleaned
    expected = quietcloud.confidence(points, clean, noise)
    records = np.zeros(len(clean), [("ring", "u2"), ("z", "f8"), ("y", "f8"), ("x", "f8")])
    for axis, values in zip("xyz", clean.T):
        records[axis] = values
    for form in (np.asfortranarray(clean), np.repeat(clean, 2, axis=0)[::2], clean[::-1].copy()[::-1], records):
        assert np.array_equal(quietcloud.confidence(points, form, noise), expected)
        assert np.array_equal(quietcloud.confidence(form, points, noise), quietcloud.confidence(clean, points, noise))
    single = quietcloud.confidence(points.astype("f4"), clean.astype("f4"), noise)
    assert np.allclose(single, expected, atol=1e-3)
    assert np.allclose(quietcloud.confidence(points.astype("f4"), clean, noise), expected, atol=1e-3)


def test_points_that_are_no_numbers_have_none(cleaned):
    points, clean, noise = cleaned
    points, clean = points.copy(), clean.copy()
    points[5] = clean[5] = np.nan
    points[6, 1] = clean[6, 1] = np.inf
    assert list(quietcloud.confidence(points, clean, noise)[[5, 6]]) == [0, 0]


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_few_points_are_fine(count):
    points = np.random.default_rng(0).normal(size=(count, 3))
    rated = quietcloud.confidence(points, points, 0)
    assert len(rated) == count and ((rated >= 0) & (rated <= 1)).all()


@pytest.mark.parametrize(
    "change, error, match",
    [
        ({"noise": -1}, ValueError, "noise is -1"),
        ({"noise": float("nan")}, ValueError, "noise is NaN"),
        ({"noise": 10**400}, ValueError, "larger"),
        ({"noise": None}, TypeError, "NoneType"),
        ({"noise": "auto"}, TypeError, "str"),
        ({"cleaned": np.zeros((7, 3))}, ValueError, "3000 and 7"),
        ({"cleaned": np.zeros((3000, 2))}, ValueError, r"expected \(n, 3\)"),
        ({"points": np.zeros((3000, 3), int)}, TypeError, "expected float32 or float64"),
    ],
)
def test_misuse_is_named(cleaned, change, error, match):
    arguments = dict(zip(("points", "cleaned", "noise"), cleaned)) | change
    with pytest.raises(error, match=match):
        quietcloud.confidence(**arguments)
