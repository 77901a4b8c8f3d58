"""How like a set of held-out clouds a set of generated ones is (Yang et al., PointFlow, 2019), with the Chamfer distance.

Both sets hold clouds [n,3] of about the same number of points; the distance is the squared Chamfer distance, both
directions added.
"""

import numpy as np
from scipy.spatial import cKDTree


def chamfer_matrix(first, second):
    """Chamfer distances [len(first), len(second)]: mean squared distance to the nearest point, both ways added."""
    trees = [[cKDTree(cloud) for cloud in clouds] for clouds in (first, second)]
    result = np.empty((len(first), len(second)))
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            result[i, j] = (trees[1][j].query(a)[0] ** 2).mean() + (trees[0][i].query(b)[0] ** 2).mean()
    return result


def nearest_neighbor_accuracy(generated, held_out, between):
    """Leave-one-out accuracy of telling the sets apart by the nearest neighbour: 0.5 is best, 1 is worst.

    generated [g,g], held_out [h,h], between [g,h]: distance matrices.
    """
    everyone = np.block([[generated, between], [between.T, held_out]])
    np.fill_diagonal(everyone, np.inf)
    label = np.r_[np.zeros(len(generated)), np.ones(len(held_out))]
    return float((label[everyone.argmin(1)] == label).mean())


def coverage(between):
    """Share of held-out clouds that are the nearest one of some generated cloud; 1 is best."""
    return len(np.unique(between.argmin(1))) / between.shape[1]


def minimum_matching_distance(between):
    """Mean over held-out clouds of the distance to the nearest generated one; 0 is best."""
    return float(between.min(0).mean())


def scores(generated, held_out, held_out_distances=None):
    """{"1-nna", "coverage", "mmd"} of two lists of clouds; ``held_out_distances`` saves computing them again."""
    between = chamfer_matrix(generated, held_out)
    own = chamfer_matrix(generated, generated)
    theirs = chamfer_matrix(held_out, held_out) if held_out_distances is None else held_out_distances
    return {
        "1-nna": nearest_neighbor_accuracy(own, theirs, between),
        "coverage": coverage(between),
        "mmd": minimum_matching_distance(between),
    }
