"""Progress, interrupts, threads, forks, memory."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from conftest import noisy_sphere

import quietcloud
from quietcloud import _worker


def test_progress_rises_on_the_thread_that_called(sphere):
    heard = []
    quietcloud.denoise(sphere, progress=lambda done: heard.append((done, threading.current_thread())))
    parts = [done for done, _ in heard]
    assert parts[0] == 0 and parts[-1] == 1 and parts == sorted(parts) and len(parts) > 2
    assert {thread for _, thread in heard} == {threading.current_thread()}


def test_an_exception_of_the_listener_cancels_and_comes_out(sphere):
    run, before = quietcloud.Filter(), sphere.copy()

    def stop(done):
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        run(sphere, progress=stop)
    assert np.array_equal(sphere, before)
    with pytest.raises(ValueError, match="no run"):
        run.report
    assert np.array_equal(run(sphere, progress=False), quietcloud.denoise(sphere, progress=False))


def test_a_filter_at_work_refuses(sphere):
    run = quietcloud.Filter()

    def again(done):
        run(sphere, progress=False)

    with pytest.raises(RuntimeError, match="at work"):
        run(sphere, progress=again)
    run(sphere, progress=False)


def test_the_bar_is_silent_on_short_runs_and_shown_on_long_ones(sphere, capsys):
    quietcloud.denoise(sphere)
    assert capsys.readouterr().err == ""
    quietcloud.denoise(noisy_sphere(5000), noise=0.02, steps=40, threads=1)
    assert "quietcloud" in capsys.readouterr().err


@pytest.mark.parametrize("delay", [0, 0.0003, 0.003, 0.01, 0.03, 0.1, 0.3])
def test_an_interrupt_at_any_time_leaves_everything_whole(delay):
    points = noisy_sphere(40_000)
    before, run = points.copy(), quietcloud.Filter(noise=0.02, steps=500)
    main = threading.main_thread().ident
    timer = threading.Timer(delay, lambda: signal.pthread_kill(main, signal.SIGINT))
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        timer.start()
        run(points, progress=False)
    assert time.monotonic() - start < delay + 20, "a whole run takes minutes"
    timer.join()
    assert np.array_equal(points, before)
    small = points[:1000]
    run.set(steps="auto")
    assert np.array_equal(run(small, progress=False), quietcloud.denoise(small, noise=0.02, progress=False))


def test_an_interrupt_before_the_worker_has_begun_leaves_nothing_at_work(monkeypatch):
    begun = []

    class Late(threading.Thread):
        """Ctrl-C comes while ``start`` waits for a thread that the system is slow to begin."""

        def start(self):
            begun.append(threading.Timer(0.2, super().start))
            begun[0].start()
            raise KeyboardInterrupt

    monkeypatch.setattr(_worker.threading, "Thread", Late)
    calls = []
    with pytest.raises(KeyboardInterrupt):
        _worker.interruptible(calls.append, lambda done: None)
    begun[0].join()
    assert calls == []


def test_control_c_ends_a_script(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, numpy, quietcloud\n"
        "points = numpy.random.default_rng(0).normal(size=(50_000, 3))\n"
        "print('ready', flush=True)\n"
        "quietcloud.denoise(points, noise=0.05, steps=1000)\n"
    )
    run = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert run.stdout.readline() == "ready\n"
    time.sleep(1)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=20)
    assert run.returncode == -signal.SIGINT and errors.rstrip().endswith("KeyboardInterrupt")


def test_a_hundred_calls_in_four_threads():
    clouds = [noisy_sphere(500 + 10 * i, seed=i).astype(np.float32 if i % 2 else float) for i in range(10)]
    expected = [quietcloud.denoise(cloud, noise=0.02, seed=i, progress=False) for i, cloud in enumerate(clouds)]

    def call(index):
        i = index % len(clouds)
        return np.array_equal(quietcloud.denoise(clouds[i], noise=0.02, seed=i, progress=False), expected[i])

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(call, range(100)))


def test_other_threads_go_on_during_a_run():
    ticks, done = [], threading.Event()

    def tick():
        while not done.wait(0.005):
            ticks.append(time.monotonic())

    other = threading.Thread(target=tick)
    other.start()
    start = time.monotonic()
    quietcloud.denoise(noisy_sphere(5000), noise=0.02, steps=10, progress=False)
    took = time.monotonic() - start
    done.set()
    other.join()
    assert took > 0.2 and max(np.diff([start, *ticks])) < took / 4


def test_many_threads_open_the_first_model_at_once(tmp_path):
    script = (
        "import numpy, quietcloud\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "points = numpy.random.default_rng(0).normal(size=(500, 3))\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    results = list(pool.map(lambda _: quietcloud.denoise(points, progress=False).tobytes(), range(16)))\n"
        "assert len(set(results)) == 1\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def _in_child(points, answers):
    try:
        quietcloud.denoise(points, progress=False)
    except RuntimeError as error:
        answers.put(str(error))


def test_a_forked_process_is_refused_instead_of_waiting_forever(sphere):
    quietcloud.denoise(sphere, progress=False)
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=_in_child, args=(sphere, answers))
    child.start()
    assert "spawn" in answers.get(timeout=20)
    child.join(20)
    assert child.exitcode == 0


def test_a_process_that_forked_first_works(sphere):
    script = (
        "import os, numpy, quietcloud\n"
        "points = numpy.random.default_rng(0).normal(size=(500, 3))\n"
        "child = os.fork()\n"
        "quietcloud.denoise(points, progress=False)\n"
        "child and os.waitpid(child, 0)[1] and exit('the child failed')\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def _resident() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_thousand_calls_take_no_memory():
    points = noisy_sphere(1000)
    result = points

    def calls(count):
        nonlocal result
        for seed in range(count):
            result = quietcloud.denoise(points, noise=0.02, seed=seed, steps=1, progress=False)

    calls(200)
    before = _resident()
    calls(1000)
    grown = _resident() - before
    print(f"resident memory grew by {grown / 1024:.0f} KiB over 1000 calls")
    # Every leaked result would be 24 KB: 23 MiB in all. What the allocator keeps comes and goes by a few.
    assert grown < 12 * 2**20


def test_cancelled_and_failed_runs_take_no_memory():
    points, run = noisy_sphere(20_000), quietcloud.Filter(noise=0.02)

    def stop(done):
        raise LookupError

    def calls(count):
        for _ in range(count):
            for what in (points, points[:, :2]):
                with pytest.raises((LookupError, ValueError)):
                    run(what, progress=stop)

    calls(100)
    before = _resident()
    calls(400)
    # Every leaked result would be 480 KB: 187 MiB in all. How far a run gets before it stops, and so what the allocator
    # keeps, depends on what else the machine does.
    assert _resident() - before < 100 * 2**20


def test_models_and_filters_are_freed():
    def opened(count):
        for _ in range(count):
            quietcloud.Filter(quietcloud.Model())

    opened(10)
    before = _resident()
    opened(40)
    # A model holds some 5 MB: 200 MB if all stayed.
    assert _resident() - before < 30 * 2**20
