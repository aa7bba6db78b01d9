#!/usr/bin/env python3
"""Runs the release binary as the pod does, in a control group with the memory limit that deploy/ ships, loads it harder and
harder, and prints the most memory that the kernel counted (code and file cache included) and the processor time. Needs root.

    pod.py [--limit 64Mi]    by default the limit of deploy/kustomize; exits 1 if the kernel ended the program for want of it
"""

import argparse
import os
import re
import shutil
import subprocess
import tempfile
import time

import load
import proc
from run import CACHE, OURS, ROOT, Site

SHIPPED = os.path.join(ROOT, "deploy/kustomize/components/container/pod.yaml")
V1, V2 = "/sys/fs/cgroup/memory", "/sys/fs/cgroup"


class Group:
    """A control group for one program, of either version."""

    def __init__(self, limit):
        one = os.path.exists(os.path.join(V1, "memory.limit_in_bytes"))
        self.names = ("memory.limit_in_bytes", "memory.max_usage_in_bytes", "memory.oom_control") if one else \
            ("memory.max", "memory.peak", "memory.events")
        self.folder = tempfile.mkdtemp(prefix="sidecar-pod-", dir=V1 if one else V2)
        self._write(self.names[0], limit)

    def _write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as f:
            f.write(text)

    def _read(self, name):
        with open(os.path.join(self.folder, name)) as f:
            return f.read()

    def command(self, binary, copy, arguments):
        """Joins the group, copies the binary so that its pages count here, becomes the program."""
        join = os.path.join(self.folder, "cgroup.procs")
        return ["sh", "-c", 'echo $$ >"$0" && cp "$1" "$2" && shift && exec "$@"', join, binary, copy, *arguments]

    def peak(self):
        return int(self._read(self.names[1])) / 2**20

    def kills(self):
        return int(re.search(r"oom_kill (\d+)", self._read(self.names[2])).group(1))

    def remove(self):
        os.rmdir(self.folder)


def shipped_limit():
    with open(SHIPPED) as f:
        return re.search(r"limits: \{memory: (\w+)\}", f.read()).group(1)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--binary", default=os.path.join(ROOT, "target/x86_64-unknown-linux-gnu/release/oauth2-sidecar"))
    options.add_argument("--limit", default=shipped_limit())
    options.add_argument("--seconds", type=int, default=5)
    given = options.parse_args()
    folder = tempfile.mkdtemp(prefix="sidecar-pod-")
    group = Group(given.limit.removesuffix("i"))
    lines = []

    def row(what, cpu=""):
        lines.append(f"| {what} | {process.resident() / 2**20:.1f} | {group.peak():.1f} | {cpu} |")

    try:
        site = Site(folder, 5000)
        port = proc.free_port()
        command = group.command(given.binary, os.path.join(folder, "oauth2-sidecar"), site.arguments(port))
        process = proc.Process(command, {**os.environ, **OURS})
        proc.wait_for(port)
        time.sleep(1)
        row("started")
        load.sign_in(port, 1000)
        row("1,000 sign-ins")
        for rate in (10, 100, 1000):
            before = process.cpu_seconds()
            load.latency(os.path.join(CACHE, "bin/vegeta"), folder, port, site.cookies[:200], rate, given.seconds)
            row(f"{rate:,} requests per second", f"{1000 * (process.cpu_seconds() - before) / given.seconds:.0f}m")
        for connections in (32, 256, 512, 1000):
            before = process.cpu_seconds()
            answered = site.many.run(port, given.seconds, connections)
            used = process.cpu_seconds() - before
            row(f"as fast as it can, {connections:,} connections", f"{answered / used:,.0f} requests per CPU-second")
        kills = group.kills()
    finally:
        proc.stop_all()
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.2)
        group.remove()
    print(f"Limit {given.limit}, another session with each request.\n")
    print("| load | resident after it, MiB | most so far as the kernel counts it, MiB | processor |")
    print("|---|---|---|---|")
    print("\n".join(lines))
    print(f"\nEnded for want of memory: {kills} times.")
    return 1 if kills else 0


if __name__ == "__main__":
    raise SystemExit(main())
