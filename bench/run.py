#!/usr/bin/env python3
"""Puts nginx as a plain proxy, the original and oauth2-sidecar before the same app, one after the other in turns, and prints what each costs.

Everything runs on loopback, on ports from the system, for a bounded time. See README.md for what the rows mean.
"""

import argparse
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile

import load
import proc

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
CACHE = os.environ.get("SIDECAR_TEST_CACHE", os.path.expanduser("~/.cache/oauth2-sidecar"))
RATE = 1000  # requests per second of the latency runs; about a quarter of what the original can do on one core
STARTS = 20
# What deploy/docker/Dockerfile sets for ours.
OURS = {"GLIBC_TUNABLES": "glibc.malloc.arena_max=1"}

NGINX = """
daemon off; worker_processes 1; pid nginx.pid; error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 100000000;
  large_client_header_buffers 8 16k;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  upstream app {{ server 127.0.0.1:{app}; keepalive 128; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port};
    location = /ping {{ return 200 "OK"; }}
    location / {{ {answer} }}
  }}
}}
"""
AS_APP = 'default_type text/plain; return 200 "' + "x" * 1023 + '\\n";'
AS_PROXY = 'proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;'


class Site:
    """The world around the programs: an app, a provider, a cookie secret, and the cookies."""

    def __init__(self, folder, sessions):
        self.folder = folder
        self.secret = secrets.token_urlsafe(32)
        self.app, self.issuer = proc.free_port(), proc.free_port()
        nginx(folder, "app", self.app, self.app, AS_APP)
        provider = proc.Process(["node", os.path.join(HERE, "provider.mjs"), str(self.issuer)], stdin=subprocess.PIPE)
        proc.wait_for(self.issuer, "/jwks", pause=0.05)
        self.provider = provider
        self.cookies = load.mint(os.path.join(ROOT, "target/bench/decoder"), self.secret, sessions)
        self.one = load.Wrk(folder, "one", self.cookies[:1])
        self.many = load.Wrk(folder, "many", self.cookies)

    def arguments(self, port):
        """The same command line for the original and for ours."""
        return [
            f"--http-address=127.0.0.1:{port}", f"--upstream=http://127.0.0.1:{self.app}/", "--provider=oidc",
            f"--oidc-issuer-url=http://127.0.0.1:{self.issuer}", f"--redirect-url=http://127.0.0.1:{port}/oauth2/callback",
            "--client-id=bench", "--client-secret=bench-secret", f"--cookie-secret={self.secret}", "--email-domain=*",
            "--reverse-proxy=true", "--set-xauthrequest=true", "--code-challenge-method=S256",
        ]


def nginx(folder, name, port, app, answer):
    home = os.path.join(folder, name)
    os.mkdir(home)
    with open(os.path.join(home, "nginx.conf"), "w") as f:
        f.write(NGINX.format(port=port, app=app, answer=answer))
    process = proc.Process(["nginx", "-e", "stderr", "-p", home, "-c", os.path.join(home, "nginx.conf")])
    proc.wait_for(port)
    return process


class Candidate:
    """One program under load and its numbers."""

    def __init__(self, name, binary):
        self.name, self.binary, self.signs_in = name, binary, name != "nginx"
        self.environment = {**os.environ, **(OURS if name == "ours" else {})}
        self.one, self.many, self.row = [], [], {}
        self.peak = 0

    def start(self, site):
        self.port = proc.free_port()
        if not self.signs_in:
            self.process = nginx(site.folder, "plain", self.port, site.app, AS_PROXY)
            return
        self.process = proc.Process([self.binary, *site.arguments(self.port)], self.environment)
        proc.wait_for(self.port)

    def start_time(self, site):
        """Median milliseconds from exec to the first answered /ping."""
        times = []
        for _ in range(STARTS):
            port = proc.free_port()
            child = proc.Process([self.binary, *site.arguments(port)], self.environment)
            times.append(proc.wait_for(port) * 1000)
            child.stop()
        return statistics.median(times)

    def burst(self, wrk, seconds):
        """Requests per CPU-second of this program during one run of wrk."""
        with proc.PeakResident(self.process) as memory:
            before = self.process.cpu_seconds()
            answered = wrk.run(self.port, seconds)
            used = self.process.cpu_seconds() - before
        self.peak = max(self.peak, memory.peak)
        return answered / used


def measure(site, candidates, seconds, rounds, logins):
    for c in candidates:
        if c.signs_in:
            c.row["start"] = c.start_time(site)
            c.row["size"] = os.path.getsize(c.binary) / 2**20
        c.start(site)
        c.row["idle"] = c.process.resident() / 2**20
        if c.signs_in:
            load.sign_in(c.port, logins)
            c.row["after"] = c.process.resident() / 2**20
        say(f"{c.name} is up")
    for c in candidates:  # not counted: connections, caches and pools fill
        c.burst(site.one, 1)
    for turn in range(rounds):
        for c in candidates:
            c.one.append(c.burst(site.one, seconds))
            if c.signs_in:
                c.many.append(c.burst(site.many, seconds))
        say(f"round {turn + 1} of {rounds}: " + ", ".join(f"{c.name} {c.one[-1]:.0f}" for c in candidates))
    vegeta = os.path.join(CACHE, "bin/vegeta")
    for c in candidates:
        halves = [load.latency(vegeta, site.folder, c.port, site.cookies[:200], RATE, seconds) for _ in range(rounds)]
        c.row["p50"], c.row["p99"] = (statistics.median(h[i] for h in halves) for i in (0, 1))
        c.row["one"] = statistics.median(c.one)
        c.row["many"] = statistics.median(c.many) if c.many else None
        c.row["loaded"] = c.peak / 2**20


def spread(site, ours, seconds):
    """Share of ours' CPU time by thread, the busiest first: the proof that every core carries connections."""
    before = ours.process.cpu_by_thread()
    site.one.run(ours.port, seconds, connections=64)
    used = [after - before.get(t, 0) for t, after in ours.process.cpu_by_thread().items()]
    return [u / sum(used) for u in sorted(used, reverse=True) if u > 0.01 * sum(used)]


ROWS = [  # key, label, format, (target text, met?)
    ("one", "requests per CPU-second, one session", "{:.0f}", ("12 × original", lambda o, t: o >= 12 * t)),
    ("many", "requests per CPU-second, another session each", "{:.0f}", ("8 × original", lambda o, t: o >= 8 * t)),
    ("p50", f"p50 at {RATE}/s, ms", "{:.2f}", None),
    ("p99", f"p99 at {RATE}/s, ms", "{:.2f}", None),
    ("idle", "resident, idle, MiB", "{:.1f}", None),
    ("after", "resident after the sign-ins, MiB", "{:.1f}", None),
    ("loaded", "resident under load (most), MiB", "{:.1f}", ("≤ 10 MiB", lambda o, t: o <= 10)),
    ("start", "exec to /ping, ms (median of %d)" % STARTS, "{:.1f}", ("≤ 8 ms", lambda o, t: o <= 8)),
    ("size", "binary, MiB", "{:.1f}", ("≤ 8 MiB", lambda o, t: o <= 8)),
]


def table(candidates):
    by_name = {c.name: c.row for c in candidates}
    names = [c.name for c in candidates]
    compare = "ours" in by_name and "original" in by_name
    lines = ["| | " + " | ".join(names) + (" | ours : original | target | |" if compare else " |")]
    lines.append("|" + "---|" * (len(names) + 1 + 3 * compare))
    for key, label, form, target in ROWS:
        cells = [form.format(by_name[n][key]) if by_name[n].get(key) is not None else "–" for n in names]
        if compare:
            ours, theirs = by_name["ours"][key], by_name["original"][key]
            cells += [f"{ours / theirs:.2f}", *(["", ""] if not target else [target[0], "met" if target[1](ours, theirs) else "**missed**"])]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def say(text):
    print("bench:", text, file=sys.stderr, flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--binary", default=os.path.join(ROOT, "target/x86_64-unknown-linux-gnu/release/oauth2-sidecar"))
    options.add_argument("--seconds", type=int, default=6, help="length of one run")
    options.add_argument("--rounds", type=int, default=5, help="runs of each kind; the median counts")
    options.add_argument("--sign-ins", type=int, default=1000)
    options.add_argument("--sessions", type=int, default=5000, help="different cookies in the second figure; more than any cache holds")
    options.add_argument("--only", default="nginx,original,ours", help="which programs, by name")
    options.add_argument("--out", default=os.path.join(ROOT, "target/bench.md"))
    given = options.parse_args()
    binaries = {"nginx": None, "original": os.path.join(CACHE, "bin/oauth2-proxy"), "ours": given.binary}
    candidates = [Candidate(name, binaries[name]) for name in given.only.split(",")]
    folder = tempfile.mkdtemp(prefix="sidecar-bench-")
    try:
        site = Site(folder, given.sessions)
        say(f"cookies of {min(map(len, site.cookies))} to {max(map(len, site.cookies))} bytes")
        measure(site, candidates, given.seconds, given.rounds, given.sign_ins)
        text = table(candidates)
        text += f"\n\n{os.cpu_count()} cores; {given.rounds} rounds of {given.seconds} s in turns, medians; {given.sign_ins} sign-ins; {given.sessions} sessions.\n"
        ours = next((c for c in candidates if c.name == "ours"), None)
        if ours:
            text += "CPU time of ours by thread: " + ", ".join(f"{s:.0%}" for s in spread(site, ours, given.seconds)) + ".\n"
    finally:
        proc.stop_all()
        shutil.rmtree(folder, ignore_errors=True)
    print(text)
    with open(given.out, "w") as f:
        f.write(text)


if __name__ == "__main__":
    main()
