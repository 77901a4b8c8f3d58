"""The other side of the node under test: a driver, a listener, and who sets its parameters. Reliable both ways: a
best-effort message of this size does not get through between two processes with Fast DDS's defaults.

As a program it is a driver and listener that prints a line for each cloud that comes back, until it is killed.
"""

import time

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.parameter_client import AsyncParameterClient
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import PointCloud2, PointField

STEP = 20  # x y z, intensity, ring and two bytes of nothing
RELIABLE = QoSProfile(depth=2, reliability=ReliabilityPolicy.RELIABLE)


def room(count: int, noise: float = 0.01, seed: int = 1) -> PointCloud2:
    """A floor and two walls of 4 m, in bytes that are arbitrary but for x, y and z."""
    random = np.random.default_rng(seed)
    data = random.integers(0, 256, (count, STEP), dtype=np.uint8)
    points = random.uniform(0, 4, (count, 3))
    walls = random.integers(0, 3, count)
    points[np.arange(count), walls] = random.normal(0, noise, count)
    data[:, :12] = points.astype(np.float32).view(np.uint8)
    data[::1000, :4] = np.array([np.nan], np.float32).view(np.uint8)
    fields = [PointField(name=n, offset=4 * i, datatype=PointField.FLOAT32, count=1)
              for i, n in enumerate(("x", "y", "z", "intensity"))]
    fields.append(PointField(name="ring", offset=16, datatype=PointField.UINT16, count=1))
    cloud = PointCloud2(width=count, height=1, fields=fields, point_step=STEP, row_step=STEP * count)
    cloud.header.frame_id = "lidar"
    cloud.data.frombytes(data.tobytes())
    return cloud


def bytes_of(cloud: PointCloud2) -> np.ndarray:
    return np.frombuffer(cloud.data, np.uint8).reshape(-1, STEP)


def xyz(cloud: PointCloud2) -> np.ndarray:
    return bytes_of(cloud)[:, :12].copy().view(np.float32)


def off_the_walls(cloud: PointCloud2) -> float:
    """Median distance to the nearest wall."""
    return float(np.nanmedian(np.abs(xyz(cloud)).min(axis=1)))


class Peer(Node):
    def __init__(self):
        super().__init__("peer")
        self.received: list[tuple[float, PointCloud2]] = []  # when, and what
        self.keep = True  # a flood would fill the memory
        self.diagnostics: dict[str, str] = {}
        self.level, self.message = b"\0", ""
        self.sent = 0
        self.driver = self.create_publisher(PointCloud2, "input", RELIABLE)
        self.listener = None
        self.listen()
        self.create_subscription(DiagnosticArray, "/diagnostics", self.diagnose, 10)
        self.parameters = AsyncParameterClient(self, "denoise")

    def listen(self):
        self.listener = self.create_subscription(PointCloud2, "output", self.receive, RELIABLE)

    def hang_up(self):
        self.destroy_subscription(self.listener)

    def receive(self, cloud):
        self.received.append((time.monotonic(), cloud if self.keep else PointCloud2(header=cloud.header)))

    def diagnose(self, array):
        for status in array.status:
            if status.name == "denoise: denoise" and status.values:
                self.diagnostics = {value.key: value.value for value in status.values}
                self.level, self.message = status.level, status.message

    def send(self, cloud: PointCloud2):
        """Stamped with its number: 1, 2, 3 ... seconds."""
        self.sent += 1
        cloud.header.stamp.sec, cloud.header.stamp.nanosec = self.sent, 7
        self.driver.publish(cloud)

    def spin_until(self, done, what: str, seconds: float = 120.0):
        """`seconds` only ends a test that hangs."""
        end = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < end, f"waited for {what}; the node says {self.message!r} {self.diagnostics}"
            rclpy.spin_once(self, timeout_sec=0.05)

    def connect(self):
        """Until the node listens to us, which it does because we listen to it."""
        self.spin_until(lambda: self.driver.get_subscription_count() == 1, "the node to subscribe")

    def echo(self, cloud: PointCloud2) -> PointCloud2:
        """Sends a cloud and waits for it to come back."""
        before = len(self.received)
        self.send(cloud)
        self.spin_until(lambda: len(self.received) > before, "a cloud")
        return self.received[-1][1]

    def set(self, **values) -> list:
        future = self.parameters.set_parameters([Parameter(name, value=value) for name, value in values.items()])
        self.spin_until(future.done, f"the answer to {values}")
        return future.result().results

    def get(self, *names) -> dict:
        future = self.parameters.get_parameters(list(names))
        self.spin_until(future.done, f"the values of {names}")
        return {n: rclpy.parameter.parameter_value_to_python(v) for n, v in zip(names, future.result().values)}

    def describe(self, *names) -> list:
        future = self.parameters.describe_parameters(list(names))
        self.spin_until(future.done, f"the descriptions of {names}")
        return future.result().descriptors

    def fresh_diagnostics(self) -> dict[str, str]:
        """Of a report that is made after this call."""
        self.spin_until(lambda: bool(self.diagnostics), "diagnostics")
        for _ in range(2):
            self.diagnostics = {}
            self.spin_until(lambda: bool(self.diagnostics), "diagnostics")
        return self.diagnostics


def main():
    rclpy.init()
    peer, cloud = Peer(), room(20000)
    peer.connect()
    while True:
        print(peer.echo(cloud).header.stamp.sec, flush=True)


if __name__ == "__main__":
    main()
