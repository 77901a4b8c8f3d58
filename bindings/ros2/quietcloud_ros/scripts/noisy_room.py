#!/usr/bin/env python3
"""Publishes a made-up scan ten times a second: two walls, a floor and a ball, with 1 cm of noise along the ray.

    ros2 run quietcloud_ros noisy_room --ros-args -p points:=130000 -p noise:=0.01
"""

import math
import random
from array import array

import rclpy
from rclpy.node import Node
from sensor_msgs.msg import PointCloud2, PointField


def distance(x, y, z):
    """From the sensor, 1 m above the floor, to what the ray along a unit vector hits first, in metres."""
    hits = [plane / part for part, plane in ((x, 3.0), (y, 2.5), (z, -1.0)) if part * plane > 1e-9]
    along = 2.0 * x + 0.5 * y - 0.4 * z
    inside = along * along - (2.0**2 + 0.5**2 + 0.4**2 - 0.6**2)  # a ball of 0.6 m at (2, 0.5, -0.4)
    if inside > 0 and along > 0:
        hits.append(along - math.sqrt(inside))
    return min(hits, default=math.inf)


def scan(points: int, noise: float) -> array:
    """x, y, z and intensity of rays over a quarter turn, 60 degrees high."""
    values = array("f")
    for _ in range(points):
        turn, up = random.uniform(-0.3, 1.3), random.uniform(-0.8, 0.2)
        x, y, z = math.cos(turn) * math.cos(up), math.sin(turn) * math.cos(up), math.sin(up)
        r = distance(x, y, z)
        r = r + random.gauss(0, noise) if r < 10 else math.nan
        values.extend((r * x, r * y, r * z, 100.0))
    return values


class NoisyRoom(Node):
    def __init__(self):
        super().__init__("noisy_room")
        points = self.declare_parameter("points", 20000).value
        noise = self.declare_parameter("noise", 0.01).value
        self.frames = [scan(points, noise).tobytes() for _ in range(4)]
        fields = [PointField(name=n, offset=4 * i, datatype=PointField.FLOAT32, count=1)
                  for i, n in enumerate(("x", "y", "z", "intensity"))]
        self.cloud = PointCloud2(width=points, height=1, fields=fields, point_step=16, row_step=16 * points)
        self.cloud.header.frame_id = "room"
        self.publisher = self.create_publisher(PointCloud2, "points", 2)
        self.count = 0
        self.create_timer(0.1, self.publish)

    def publish(self):
        self.cloud.header.stamp = self.get_clock().now().to_msg()
        self.cloud.data = array("B", self.frames[self.count % len(self.frames)])
        self.count += 1
        self.publisher.publish(self.cloud)


def main():
    rclpy.init()
    try:
        rclpy.spin(NoisyRoom())
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
