"""Processes of the bench: started, watched through /proc, and ended by their own id."""

import os
import socket
import subprocess
import threading
import time

TICKS = os.sysconf("SC_CLK_TCK")
running = []


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Process:
    """A child and, where it has workers, its own children."""

    def __init__(self, argv, env=None, stdin=None, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        self.child = subprocess.Popen(argv, env=env, stdin=stdin, stdout=stdout, stderr=stderr)
        running.append(self)

    def pids(self):
        pid = self.child.pid
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            return [pid, *map(int, f.read().split())]

    def cpu_seconds(self):
        """User and system time of all threads, from /proc/PID/stat."""
        total = 0
        for pid in self.pids():
            fields = _read(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def cpu_by_thread(self):
        """CPU seconds of each thread, by its id; finer than the ticks of /proc/PID/stat."""
        pid = self.child.pid
        return {t: int(_read(f"/proc/{pid}/task/{t}/schedstat").split()[0]) / 1e9 for t in os.listdir(f"/proc/{pid}/task")}

    def resident(self):
        """Resident bytes of all its processes."""
        kib = 0
        for pid in self.pids():
            line = next(l for l in _read(f"/proc/{pid}/status").splitlines() if l.startswith("VmRSS"))
            kib += int(line.split()[1])
        return kib * 1024

    def stop(self):
        if self in running:
            running.remove(self)
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(5)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()


def stop_all():
    for process in list(running):
        process.stop()


class PeakResident:
    """The most resident memory a process had while the block ran."""

    def __init__(self, process):
        self.process, self.peak, self.done = process, 0, threading.Event()

    def __enter__(self):
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()
        return self

    def _watch(self):
        while not self.done.wait(0.05):
            self.peak = max(self.peak, self.process.resident())

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()


def wait_for(port, path="/ping", timeout=30, pause=0.0002):
    """Seconds until a GET of `path` is answered with 200. Bare sockets: the wait must not cost more than the start."""
    ask = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    began = time.perf_counter()
    while time.perf_counter() - began < timeout:
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as s:
                s.sendall(ask)
                if s.recv(64).startswith(b"HTTP/1.1 200"):
                    return time.perf_counter() - began
        except OSError:
            pass
        time.sleep(pause)
    raise SystemExit(f"bench: nothing answered http://127.0.0.1:{port}{path} within {timeout} s")


def _read(path):
    with open(path) as f:
        return f.read()
