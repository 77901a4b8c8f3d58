"""Open3D's smooth_mls, as a whole process: open3d_mls.py IN.xyz OUT.xyz RADIUS   (RADIUS in median nearest distances)"""

import sys
import time

import numpy as np
import open3d as o3d

cloud = o3d.io.read_point_cloud(sys.argv[1])
spacing = np.median(cloud.compute_nearest_neighbor_distance())
start = time.perf_counter()
smooth = cloud.smooth_mls(o3d.geometry.KDTreeSearchParamRadius(float(sys.argv[3]) * spacing))
print(f"smooth {time.perf_counter() - start:.4f} s")
o3d.io.write_point_cloud(sys.argv[2], smooth)
