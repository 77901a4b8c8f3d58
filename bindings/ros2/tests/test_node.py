"""The node end to end: a process of its own, with a peer that speaks rclpy.

QUIETCLOUD_ROS_FLOOD_SECONDS says how long the flood lasts (20 s; the release check takes 300).
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

# Before rclpy: nobody else on this network or machine is heard or disturbed.
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)

import numpy as np
import pytest
import rclpy
from peer import STEP, Peer, bytes_of, off_the_walls, room, xyz

PREFIX = Path(os.environ["NODE_PREFIX"])
CONFIG = PREFIX / "share/quietcloud_ros/config/denoise.param.yaml"
FLOOD = float(os.environ.get("QUIETCLOUD_ROS_FLOOD_SECONDS", "20"))
RELIABLE = ["-p", "qos_overrides./input.subscription.reliability:=reliable"]


def start(*parameters: str, command=None) -> subprocess.Popen:
    """The node with these parameters, or another command that finds what was installed."""
    words = [word for parameter in parameters for word in ("-p", parameter)]
    node = [PREFIX / "lib/quietcloud_ros/denoise_node", "--ros-args", "--params-file", CONFIG, *RELIABLE, *words]
    places = {"LD_LIBRARY_PATH": PREFIX / "lib", "AMENT_PREFIX_PATH": PREFIX}
    environment = {name: f"{place}:{os.environ.get(name, '')}" for name, place in places.items()}
    return subprocess.Popen(command or node, env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True)


def stop(process: subprocess.Popen):
    process.send_signal(signal.SIGINT)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 0, errors


def resident_mb(process) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


@pytest.fixture
def peer():
    rclpy.init()
    node = Peer()
    yield node
    node.destroy_node()
    rclpy.shutdown()


@pytest.fixture
def launch():
    """Starts nodes; none of them outlives its test."""
    processes = []

    def start_one(*parameters, **others):
        processes.append(start(*parameters, **others))
        return processes[-1]

    yield start_one
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.fixture
def node(launch):
    process = launch("quality:=fast")
    yield process
    assert process.poll() is None, "the node died"
    stop(process)


def test_large_clouds_come_back_clean(node, peer):
    peer.connect()
    noisy = room(130_000)
    clean = peer.echo(noisy)
    assert (clean.header.frame_id, clean.header.stamp.sec, clean.header.stamp.nanosec) == ("lidar", peer.sent, 7)
    assert np.array_equal(bytes_of(clean)[:, 12:], bytes_of(noisy)[:, 12:])
    holes = np.isnan(xyz(noisy)).any(axis=1)
    assert np.array_equal(bytes_of(clean)[holes], bytes_of(noisy)[holes])
    assert off_the_walls(clean) < 0.6 * off_the_walls(noisy)
    clean.data, clean.header = noisy.data, noisy.header
    assert clean == noisy
    again = peer.echo(noisy)
    numbers = peer.fresh_diagnostics()
    assert (numbers["frames in"], numbers["frames out"], numbers["frames dropped"]) == ("2", "2", "0")
    assert numbers["device"] == "cpu" and numbers["points of the last frame"] == "130000" and peer.level == b"\0"
    assert 0.003 < float(numbers["noise of the last frame"]) < 0.02
    print(f"\n130k points: off the walls {off_the_walls(noisy):.4f} m before, {off_the_walls(again):.4f} m after")


def test_nothing_runs_while_nobody_listens(node, peer):
    peer.connect()
    peer.echo(room(2000))
    peer.hang_up()
    peer.spin_until(lambda: peer.driver.get_subscription_count() == 0, "the node to unsubscribe")
    for _ in range(5):
        peer.send(room(2000))
    assert peer.fresh_diagnostics()["frames in"] == "1" and "idle" in peer.message
    peer.listen()
    peer.connect()
    peer.echo(room(2000))


def test_parameters_come_from_the_table_and_change_at_run_time(node, peer):
    peer.connect()
    noise, steps, quality, queue = peer.describe("noise", "steps", "quality", "queue_depth")
    assert noise.floating_point_range[0].from_value == 0 and noise.floating_point_range[0].to_value == 1e30
    assert (steps.integer_range[0].from_value, steps.integer_range[0].to_value) == (0, 1000)
    assert "fast, balanced, high" in quality.additional_constraints and queue.read_only
    assert "standard deviation" in noise.description

    cloud = room(5000, noise=0.1)  # little noise would be done with in one step
    peer.echo(cloud)
    assert peer.fresh_diagnostics()["steps of the last frame"] == "2"
    assert all(result.successful for result in peer.set(steps=1, noise=0.0042))
    peer.echo(cloud)
    numbers = peer.fresh_diagnostics()
    assert numbers["steps of the last frame"] == "1" and float(numbers["noise of the last frame"]) == pytest.approx(0.0042)

    bad = dict(noise=-0.5, steps=1001, quality="best", threads=5000, queue_depth=5, max_latency_ms=-1.0)
    for name, value in bad.items():
        before = peer.get(name)
        refusal = peer.set(**{name: value})[0]
        assert not refusal.successful and refusal.reason, name
        assert peer.get(name) == before
    assert "balanced" in peer.set(quality="best")[0].reason
    peer.echo(cloud)
    assert peer.fresh_diagnostics()["steps of the last frame"] == "1"


def test_a_start_with_a_bad_value_ends_with_a_reason(launch):
    reasons = {"quality:=best": "fast, balanced, high", "steps:=-1": "steps"}
    reasons |= {"model:=/nowhere": "/nowhere", "device:=abacus": "abacus"}
    for bad, reason in reasons.items():
        process = launch(bad)
        errors = process.communicate(timeout=120)[1]
        assert process.returncode != 0 and reason in errors, errors


def test_broken_messages_are_dropped_and_counted(node, peer):
    peer.connect()
    good = room(3000)

    def broken(**values):
        cloud = room(3000)
        for name, value in values.items():
            setattr(cloud, name, value)
        return cloud

    bad = [broken(is_bigendian=True), broken(height=7), broken(width=4_000_000_000, height=4_000_000_000),
           broken(point_step=10), broken(fields=[]), broken(fields=good.fields[1:])]
    for cloud in bad:
        peer.send(cloud)
        peer.echo(good)
    numbers = peer.fresh_diagnostics()
    assert numbers["messages refused"] == str(len(bad)) and numbers["frames out"] == str(len(bad))
    assert "no field x" in numbers["last refusal"]
    # Without points there is nothing to do, and nothing is wrong.
    assert peer.echo(room(0)).width == 0


def test_the_frame_budget_lowers_the_quality_and_says_so(launch, peer):
    process = launch("quality:=high")
    peer.connect()
    cloud = room(5000, noise=0.1)

    def frame_with(**limits) -> dict[str, str]:
        assert peer.set(**limits)[0].successful
        for _ in range(8):
            peer.echo(cloud)
        return peer.fresh_diagnostics()

    free = frame_with(max_latency_ms=0.0)
    assert int(free["steps of the last frame"]) > 3 and free["quality"] == "as set"
    tight = frame_with(max_latency_ms=1.0)  # nothing can be done in so little
    assert (tight["steps of the last frame"], tight["quality"]) == ("1", "reduced")
    assert tight["frames dropped"] == "0" and "quality reduced" in peer.message and peer.level == b"\1"
    assert peer.get("quality") == {"quality": "high"}
    again = frame_with(max_latency_ms=3_600_000.0)
    assert (again["steps of the last frame"], again["quality"]) == (free["steps of the last frame"], "as set")
    stop(process)


def test_a_flood_drops_the_oldest_and_takes_no_memory(node, peer):
    """Bounded in frames, not in seconds, so that a busy machine makes no difference."""
    peer.connect()
    cloud = room(130_000)
    peer.keep = False
    sent, memory, largest, slowest = {}, [], 0.0, 0.0
    end = time.monotonic() + FLOOD
    while time.monotonic() < end or len(memory) < 8:
        peer.send(cloud)
        sent[peer.sent] = time.monotonic()
        rclpy.spin_once(peer, timeout_sec=0.02)
        if peer.diagnostics:
            slowest = max(slowest, float(peer.diagnostics["largest ms per frame"]))
            largest = max(largest, float(peer.diagnostics["largest latency ms"]))
            memory.append(resident_mb(node))
            peer.diagnostics = {}
    during = len(peer.received)
    peer.spin_until(lambda: peer.received and peer.received[-1][1].header.stamp.sec == peer.sent, "the newest frame")
    numbers = peer.fresh_diagnostics()

    stamps = [message.header.stamp.sec for _, message in peer.received]
    assert stamps == sorted(set(stamps))
    total_in, out, dropped = (int(numbers[f"frames {what}"]) for what in ("in", "out", "dropped"))
    assert total_in == out + dropped and dropped > 0 and numbers["frames failed"] == "0"
    # One is worked on; two at most are with the driver, the input, the queue, the output and the listener.
    assert len(peer.received) - during <= 11
    assert largest <= 3.5 * slowest, "a frame waits for two others at most"
    half = len(memory) // 2
    assert max(memory[half:]) < 1.1 * max(memory[: half + 1]) + 20, memory
    ages = np.array([when - sent[stamp.header.stamp.sec] for when, stamp in peer.received]) * 1e3
    tenths = [round(memory[i * (len(memory) - 1) // 10]) for i in range(11)]
    print(f"\nflood of {FLOOD:.0f} s: {peer.sent} sent, {total_in} in, {out} out, {dropped} dropped; latency at the peer "
          f"median {np.median(ages):.0f} ms, largest {ages.max():.0f} ms; in the node largest {largest:.0f} ms at up to "
          f"{slowest:.0f} ms a frame; memory in MB after each tenth {tenths}")


def test_a_peer_may_be_killed_and_come_back(node):
    def life():
        program = Path(__file__).with_name("peer.py")
        process = subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True)
        lines = [process.stdout.readline() for _ in range(3)]
        process.kill()
        process.wait()
        return lines

    for _ in range(3):
        assert life() == ["1\n", "2\n", "3\n"]
        assert node.poll() is None


def test_it_stops_in_the_middle_of_a_frame(launch, peer):
    process = launch("quality:=high", "steps:=1000", "threads:=1")  # a frame of many minutes
    peer.connect()
    peer.send(room(130_000))
    peer.spin_until(lambda: peer.fresh_diagnostics()["frames in"] == "1", "the frame to arrive")
    stop(process)


def test_it_is_a_component(launch, peer):
    """Loaded into a container that others may share, with communication inside of the process."""
    interfaces = pytest.importorskip("composition_interfaces.srv", reason="no composition_interfaces for Python here")
    from ament_index_python.packages import get_package_prefix
    from rclpy.parameter import Parameter

    container = Path(get_package_prefix("rclcpp_components")) / "lib/rclcpp_components/component_container_mt"
    process = launch(command=[container])
    client = peer.create_client(interfaces.LoadNode, "/ComponentManager/_container/load_node")
    peer.spin_until(client.service_is_ready, "the container")
    request = interfaces.LoadNode.Request(package_name="quietcloud_ros", plugin_name="quietcloud_ros::DenoiseNode")
    request.parameters = [Parameter("qos_overrides./input.subscription.reliability", value="reliable").to_parameter_msg()]
    request.extra_arguments = [Parameter("use_intra_process_comms", value=True).to_parameter_msg()]
    future = client.call_async(request)
    peer.spin_until(future.done, "the component")
    assert future.result().success, future.result().error_message
    peer.connect()
    noisy = room(20_000)
    assert off_the_walls(peer.echo(noisy)) < 0.8 * off_the_walls(noisy)
    assert peer.fresh_diagnostics()["frames out"] == "1"
    stop(process)
