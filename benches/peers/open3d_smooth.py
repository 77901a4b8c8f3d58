"""Open3D's smoothers, as a whole process: open3d_smooth.py IN.xyz OUT.xyz METHOD PARAMETER...

mls RADIUS                     radius of the neighbourhoods
laplacian TIMES STEP K         iterations, share of the way that each takes, neighbours
taubin TIMES K                 pairs of iterations (0.5, -0.53), neighbours
bilateral RADIUS NEAR FAR      radius of the neighbourhoods (of at most 100 points), its two widths

Lengths are in median nearest distances. Without arguments the same words are read from standard input, a line for each
cloud: Open3D takes longer to start than to smooth.
"""

import sys
import time

import numpy as np
import open3d as o3d

# Its warnings go to standard output, where the times belong.
o3d.utility.set_verbosity_level(o3d.utility.VerbosityLevel.Error)
Radius, Hybrid = o3d.geometry.KDTreeSearchParamRadius, o3d.geometry.KDTreeSearchParamHybrid
METHODS = {
    "mls": lambda cloud, s, radius: cloud.smooth_mls(Radius(radius * s)),
    "laplacian": lambda cloud, s, times, step, k: cloud.smooth_laplacian(int(times), step, int(k)),
    "taubin": lambda cloud, s, times, k: cloud.smooth_taubin(int(times), 0.5, -0.53, int(k)),
    "bilateral": lambda cloud, s, radius, near, far: cloud.smooth_bilateral(Hybrid(radius * s, 100), near * s, far * s),
}


def smooth(source, target, method, *parameters):
    cloud = o3d.io.read_point_cloud(source)
    spacing = np.median(cloud.compute_nearest_neighbor_distance())
    start = time.perf_counter()
    result = METHODS[method](cloud, spacing, *map(float, parameters))
    took = time.perf_counter() - start
    o3d.io.write_point_cloud(target, result)
    print(f"smooth {took:.4f} s", flush=True)


if len(sys.argv) > 1:
    smooth(*sys.argv[1:])
else:
    for line in sys.stdin:
        smooth(*line.split())
