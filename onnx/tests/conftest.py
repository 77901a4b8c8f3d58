import numpy as np
import pytest


@pytest.fixture(scope="session")
def sphere():
    """An icosphere as vertices and faces."""
    import trimesh

    mesh = trimesh.creation.icosphere(subdivisions=3)
    return np.asarray(mesh.vertices), np.asarray(mesh.faces)


@pytest.fixture(scope="session")
def pool(tmp_path_factory, sphere):
    """A pool of two small clouds, made by the real code from meshes on disk."""
    import trimesh

    from quietcloud_onnx.data import build_pool, training_meshes

    folder = tmp_path_factory.mktemp("meshes")
    trimesh.Trimesh(*sphere).export(folder / "ball.off")
    trimesh.creation.box().subdivide().export(folder / "crate.ply")
    trimesh.Trimesh(*sphere).export(folder / "camel.off")
    meshes = training_meshes([folder])
    assert [path.name for path in meshes] == ["ball.off", "crate.ply"], "benchmark shapes must be left out"
    out = tmp_path_factory.mktemp("pool")
    build_pool(meshes, out, 1, seed=0, low=900, high=1500)
    return out
