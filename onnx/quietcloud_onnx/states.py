"""Noisy states x0 + sigma z of patches, each with its own neighbour graph: what denoisers without a memory of their scan
are trained on."""

import numpy as np
import torch

from .graph import knn_graph, relative_edges
from .patches import Options, draw_patch


def state_patch(rng, cloud, points, k, draw_sigma):
    """Arrays of one patch; sigma [n,1] in units of the local spacing, z [n,3] the draw, inside [n,1]: far from the rim."""
    clean, _, inside = draw_patch(rng, *cloud, Options(points=points, k=k))
    sigma, z = draw_sigma(rng), rng.standard_normal(clean.shape)
    state = clean + sigma * z
    neighbors, spacing = knn_graph(state, k)
    return dict(
        edges=relative_edges(state, neighbors, spacing),
        neighbors=neighbors,
        sigma=(sigma / spacing)[:, None],
        z=z,
        inside=inside[:, None],
    )


def state_batches(pool, seed, points, k, draw_sigma):
    """Endless dicts of tensors, one patch each; ``draw_sigma(rng)`` in units of the clean pitch."""
    rng = np.random.default_rng(seed)
    while True:
        patch = state_patch(rng, pool.draw(rng), points, k, draw_sigma)
        batch = {key: torch.from_numpy(value) for key, value in patch.items()}
        yield {key: value if key == "neighbors" else value.float() for key, value in batch.items()}
