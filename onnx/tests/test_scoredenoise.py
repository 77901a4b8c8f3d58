import numpy as np
import pytest
import torch

from quietcloud_onnx import import_scoredenoise
from quietcloud_onnx.check import OnnxStage
from quietcloud_onnx.graph import knn_graph, relative_edges
from quietcloud_onnx.networks import ScoreNetwork
from quietcloud_onnx.scoredenoise import ascent, networks, patches, plain, train

BLOCKS, INNER, CHANNELS, GROWTH, WIDTH = 4, 1, 24, 12, 128


def public_state(seed=0):
    """A state dict in the public layout, spelled out: names and shapes as its checkpoints have them."""
    rng = np.random.default_rng(seed)
    state, features = {}, CHANNELS + (INNER + 2) * GROWTH

    def layer(name, outputs, inputs, *kernel):
        state[f"{name}.weight"] = torch.from_numpy(rng.normal(0, inputs**-0.5, (outputs, inputs, *kernel))).float()
        state[f"{name}.bias"] = torch.from_numpy(rng.normal(0, 0.1, outputs)).float()

    def norm(name):
        for part, low, high in (("weight", 0.5, 1.5), ("bias", -0.2, 0.2), ("running_mean", -0.3, 0.3), ("running_var", 0.5, 2)):
            state[f"{name}.{part}"] = torch.from_numpy(rng.uniform(low, high, WIDTH)).float()
        state[f"{name}.num_batches_tracked"] = torch.tensor(7)

    for i in range(BLOCKS):
        layer(f"feature_net.transforms.{i}.linear", CHANNELS, 3 if i == 0 else features)
        layer(f"feature_net.convs.{i}.layer_first.linear", GROWTH, CHANNELS if i == 0 else 3 * CHANNELS)
        layer(f"feature_net.convs.{i}.layers.0.linear", GROWTH, CHANNELS + GROWTH)
        layer(f"feature_net.convs.{i}.layer_last.linear", GROWTH, CHANNELS + 2 * GROWTH)
    layer("score_net.conv_p", WIDTH, features + 3, 1)
    for i in range(4):
        for name, inputs in (("fc_0", WIDTH), ("fc_1", WIDTH), ("fc_c", features + 3)):
            layer(f"score_net.blocks.{i}.{name}", WIDTH, inputs, 1)
        norm(f"score_net.blocks.{i}.bn_0")
        norm(f"score_net.blocks.{i}.bn_1")
    norm("score_net.bn_out")
    layer("score_net.conv_out", 3, WIDTH, 1)
    return state


def public_forward(state, points, offsets):
    """The published network point by point, by the state dict alone: features [n,60], and the score of each point."""
    value = {key: tensor.double() for key, tensor in state.items()}

    def layer(name, x):
        return x @ value[f"{name}.weight"].flatten(1).T + value[f"{name}.bias"]

    def norm(name, x):
        scaled = (x - value[f"{name}.running_mean"]) / torch.sqrt(value[f"{name}.running_var"] + 1e-5)
        return torch.relu(scaled * value[f"{name}.weight"] + value[f"{name}.bias"])

    x = points.double()
    for i in range(BLOCKS):
        x = layer(f"feature_net.transforms.{i}.linear", x)
        x = x if i == 0 else torch.relu(x)
        rows = []
        for point in x:
            near = x[torch.argsort(((x - point) ** 2).sum(1))[1 : 16 + 1]]
            edge = near - point if i == 0 else torch.cat([point.expand_as(near), near, near - point], 1)
            y = torch.cat([torch.relu(layer(f"feature_net.convs.{i}.layer_first.linear", edge)), point.expand_as(near)], 1)
            y = torch.cat([torch.relu(layer(f"feature_net.convs.{i}.layers.0.linear", y)), y], 1)
            rows.append(torch.cat([layer(f"feature_net.convs.{i}.layer_last.linear", y), y], 1).max(0).values)
        x = torch.stack(rows)
    around = torch.cat([offsets.double(), x], 1)
    h = layer("score_net.conv_p", around)
    for i in range(4):
        block = f"score_net.blocks.{i}"
        inner = layer(f"{block}.fc_0", norm(f"{block}.bn_0", h))
        h = h + layer(f"{block}.fc_1", norm(f"{block}.bn_1", inner)) + layer(f"{block}.fc_c", around)
    return x, layer("score_net.conv_out", norm("score_net.bn_out", h))


def test_an_imported_checkpoint_gives_what_its_network_gives(tmp_path):
    torch.manual_seed(1)
    state, points, offsets = public_state(), torch.randn(150, 3) * 0.3, torch.randn(150, 3) * 0.05
    torch.save({"state_dict": state}, tmp_path / "ckpt.pt")
    manifest = import_scoredenoise.convert(import_scoredenoise.read(tmp_path / "ckpt.pt"), tmp_path / "bundle", "imported")
    features, score = public_forward(state, points, offsets)
    stages = {entry["role"]: OnnxStage(tmp_path / "bundle", entry, 16) for entry in manifest["stages"]}
    found = stages["features"](points)
    assert found.shape == features.shape and (found - features).abs().max() < 1e-4
    assert (stages["score"](offsets, found) - score).abs().max() < 1e-4
    assert manifest["normalization"] == "sphere" and manifest["patch"] == {"points": 1000, "core": 333}
    with np.load(tmp_path / "bundle" / "golden.npz") as gold:
        assert gold["clean"].shape == (600, 3) and np.isfinite(gold["clean"]).all()


def test_another_layout_is_refused():
    state = public_state()
    for broken in ({}, {**state, "extra": torch.zeros(1)}, {key: value for key, value in state.items() if "bn_out" not in key}):
        with pytest.raises(ValueError):
            plain.from_state_dict(broken)


def test_ensembles_by_their_definitions():
    rng = np.random.default_rng(0)
    scan = rng.random((40, 3))
    features = rng.random((40, 2)).astype(np.float32)
    units = rng.uniform(0.5, 2, 40)
    local = lambda offsets, h: np.tanh(offsets * h[:, :1] - h[:, 1:])  # noqa: E731
    for how in ("sum", "mean"):
        state, sampling = scan.copy(), {"rate": 0.3, "decay": 0.9, "ensemble": 4, "contributions": how}
        for step in range(3):
            moves = np.zeros_like(state)
            for i in range(40):
                if how == "sum":  # S_i speaks at the four moved points nearest to Y_i
                    for j in np.argsort(((state - scan[i]) ** 2).sum(1))[:4]:
                        moves[j] += units[i] * local((state[j] - scan[i])[None] / units[i], features[i : i + 1])[0]
                else:  # E_i = (1/K) sum over j in kNN(Y_i) of S_j(x_i)
                    for j in np.argsort(((scan - scan[i]) ** 2).sum(1))[:4]:
                        moves[i] += units[j] * local((state[i] - scan[j])[None] / units[j], features[j : j + 1])[0] / 4
            state = state + 0.3 * 0.9**step * moves
        assert np.abs(ascent.ascend(local, scan, features, units, sampling, 3) - state).max() < 1e-5


def test_every_point_takes_its_features_from_the_middle_of_one_patch():
    points = np.random.default_rng(1).random((500, 3))
    seen = np.zeros(500, int)
    for rows, fresh in ascent.patches(points, 90, 30):
        assert len(rows) == 90 and (fresh < 30).all()
        seen[rows[fresh]] += 1
    assert (seen == 1).all()


def test_the_target_is_the_mean_of_the_nearest_clean_points():
    clean = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [9, 9, 9]])
    goal = patches.displacement(np.array([[[0.2, 0.2, 0.5]]]), clean, 3)
    assert np.allclose(goal, [[[1 / 3 - 0.2, 1 / 3 - 0.2, -0.5]]])
    up = np.tile([0.0, 0, 1], (4, 1))
    for tangential in (0.0, 0.25, 1.0):
        goal = patches.displacement(np.array([[[0.2, 0.2, 0.5]]]), clean, 3, up, tangential)
        assert np.allclose(goal, [[[tangential * (1 / 3 - 0.2), tangential * (1 / 3 - 0.2), -0.5]]])
    score, wanted, weight = torch.zeros(2, 1, 3), torch.ones(2, 1, 3), torch.tensor([1.0, 3.0])
    assert train.local_score_loss(score, wanted, weight).item() == pytest.approx(3 * (1 + 3) / 2)


def test_features_start_as_those_of_a_score_network_at_one_noise_level():
    torch.manual_seed(3)
    config = dict(width=80, layers=6, directions=64, k=20)
    score = ScoreNetwork(**config)
    saved = {"config": {"score": config}, "average": {"score." + key: value for key, value in score.state_dict().items()}}
    features = networks.FeatureNetwork()
    features.load_state_dict(train.from_score_network(saved, 0.8), strict=False)
    points = np.random.default_rng(3).random((200, 3))
    neighbors, spacing = knn_graph(points, 20)
    given = torch.from_numpy(relative_edges(points, neighbors, spacing)), torch.from_numpy(neighbors)
    seen = []
    for network in (score, features):
        network.head.register_forward_pre_hook(lambda _, h: seen.append(h[0]))
    with torch.no_grad():
        score(*given, torch.full((200, 1), 0.8))
        features(*given)
    assert torch.allclose(seen[0], seen[1], atol=1e-4)
