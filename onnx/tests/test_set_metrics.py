import numpy as np
import pytest

from quietcloud_onnx import set_metrics as m


def test_chamfer_of_two_pairs_of_points():
    a, b = np.array([[0.0, 0, 0], [1, 0, 0]]), np.array([[0.0, 0, 0], [1, 0, 2]])
    # a to b: 0 and 1 (to the origin); b to a: 0 and 4.
    assert m.chamfer_matrix([a], [b])[0, 0] == pytest.approx((0 + 1) / 2 + (0 + 4) / 2)
    assert m.chamfer_matrix([a, b], [a, b]).diagonal().max() == 0


def test_scores_of_equal_and_of_distant_sets():
    rng = np.random.default_rng(0)
    # One number says what shape a cloud has; both sets are drawn from the same numbers.
    cloud = lambda size: size * np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 0, 0]])  # noqa: E731
    real, same = ([cloud(s) for s in rng.uniform(1, 2, 60)] for _ in range(2))
    alike = m.scores(same, real)
    assert 0.3 < alike["1-nna"] < 0.7 and alike["coverage"] > 0.4 and alike["mmd"] < 0.01
    collapsed = m.scores([cloud(1.5 + 1e-6 * i) for i in range(60)], real)
    assert collapsed["coverage"] < 0.1 and collapsed["1-nna"] > 0.85
    far = m.scores([cloud(9.0 + i) for i in range(60)], real)
    assert far["1-nna"] == 1 and far["mmd"] > 10


def test_the_accuracy_leaves_each_one_out():
    between = np.array([[1.0, 4], [4, 1]])
    own = np.array([[0.0, 2], [2, 0]])
    assert m.nearest_neighbor_accuracy(own, own, between) == 0.0, "everyone's nearest is of the other set"
    assert m.coverage(between) == 1 and m.minimum_matching_distance(between) == 1
