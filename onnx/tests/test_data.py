import numpy as np
import pytest
from scipy.spatial import cKDTree

from quietcloud_onnx.data import poisson_disk, read_mesh, rounded, sample_uniform, stem_matches
from quietcloud_onnx.noise import KINDS, add_outliers


def test_poisson_disk_is_even_and_exact(sphere):
    rng = np.random.default_rng(1)
    points, normals = poisson_disk(*sphere, 2000, rng)
    assert points.shape == normals.shape == (2000, 3)
    gap = cKDTree(points).query(points, 2)[0][:, 1]
    random_gap = cKDTree(p := sample_uniform(*sphere, 2000, rng)[0]).query(p, 2)[0][:, 1]
    assert gap.min() > 0.65 * np.sqrt(4 * np.pi / 2000) > 5 * random_gap.min()
    assert np.abs(np.linalg.norm(points, axis=1) - 1).max() < 0.02
    assert (np.sum(points * normals, 1) > 0.95).all()


def test_hostile_meshes_are_value_errors(tmp_path):
    for name, text in {"a.off": "", "b.off": "OFF\n1 1 0\n0 0 0\n3 0 0 0\n", "c.obj": "v nan 0 0\n", "d.ply": "ply\n"}.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(ValueError):
            read_mesh(tmp_path / name)


def test_a_mesh_of_strips_is_read_with_its_faces_all_one_way_round(tmp_path):
    """An octahedron: a ring of six triangles and a cap of one in two strips, then one in another row."""
    vertices = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], "<f4")
    strips = [[0, 2, 4, 1, 3, 5, 0, 2, -1, 0, 4, 3], [1, 2, 5]]
    header = "ply\nformat binary_little_endian 1.0\nelement vertex 6\nproperty float x\nproperty float y\nproperty float z\n"
    header += "element tristrips 1\nproperty list int int vertex_indices\nend_header\n"
    strip = np.array([*strips[0], -1, *strips[1]], "<i4")
    data = vertices.tobytes() + np.array([len(strip)], "<i4").tobytes() + strip.tobytes()
    (tmp_path / "o.ply").write_bytes(header.encode() + data)
    points, faces = read_mesh(tmp_path / "o.ply")
    assert len(faces) == 8 and len({tuple(sorted(face)) for face in faces.tolist()}) == 8
    a, b, c = (points[faces[:, i]] for i in range(3))
    outward = (np.cross(b - a, c - a) * (a + b + c)).sum(1)
    assert (outward > 0).all() or (outward < 0).all()


def test_a_coarse_mesh_is_rounded_off():
    """Loop's subdivision of an octahedron: fine, without an edge, smaller than what it was."""
    vertices = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], float)
    faces = np.array([[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]])
    fine, triangles = rounded(vertices, faces, 5000, coarse=8)
    assert len(triangles) == 8 * 4**5
    radius = np.linalg.norm(fine, axis=1)
    assert 0.3 < radius.min() and radius.max() < 0.8
    normals = np.cross(fine[triangles[:, 1]] - fine[triangles[:, 0]], fine[triangles[:, 2]] - fine[triangles[:, 0]])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    middle = fine[triangles].mean(1)
    _, near = cKDTree(middle).query(middle, 4)
    assert (normals[near] * normals[:, None]).sum(2).min() > np.cos(np.radians(12))
    assert rounded(fine, triangles, 5000)[1].shape == triangles.shape, "fine enough as it is"
    with pytest.raises(ValueError, match="too few"):
        rounded(vertices, faces)


def test_benchmark_names():
    words = ["star", "eight", "coverrear"]
    assert stem_matches("star.off", words) and stem_matches("coverrear_Lp.off", words) and stem_matches("Star2.obj", words)
    assert not stem_matches("starfish.off", words) and not stem_matches("freight.off", words)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_noise_has_the_deviation_asked_for(kind):
    rng = np.random.default_rng(2)
    points = rng.standard_normal((200_000, 3))
    moved = KINDS[kind](rng, points, 0.01)
    assert moved.shape == points.shape and np.abs(moved.mean(0)).max() < 0.0002
    variance = (moved**2).sum(1).mean() / 0.01**2
    rays = kind in ("ray", "steps")
    assert abs(variance - (1 if rays else 3)) < 0.03
    if rays:
        assert (np.linalg.norm(moved, axis=1) < 0.06).all()


def test_rounded_depths_lie_in_sheets():
    points = np.c_[np.random.default_rng(1).uniform(-1, 1, (4000, 2)), np.zeros(4000)]
    moved = KINDS["steps"](np.random.default_rng(6), points, 0.2)
    away = np.linalg.norm(moved, axis=1)
    assert len(np.unique(np.round(away, 9))) > 3000 and away.max() < 1.2
    # Neighbours err together: far more alike than independent noise.
    near = cKDTree(points).query(points, 2)[1][:, 1]
    assert np.mean(np.sum(moved * moved[near], 1)) > 0.1 * np.mean(away**2)


def test_outliers_are_marked():
    draw, stray = add_outliers(np.random.default_rng(3), np.ones((10_000, 3)), 0.05, 10)
    assert 400 < stray.sum() < 600 and (draw[stray] == 10).all() and (draw[~stray] == 1).all()
