"""The load: cookies made by the original's own code, wrk for throughput, vegeta for a fixed rate, an HTTP client that signs in."""

import http.client
import json
import os
import re
import secrets
import subprocess
import time
from urllib.parse import urlsplit

NAME = "_oauth2_proxy"
HOST = "app.example.com"


def mint(decoder, secret, count):
    """Cookie headers of `count` different OIDC sessions of 2 kB, saved by the original's session store."""
    now = time.time()
    asks = []
    for i in range(count):
        session = {
            "ca": now, "eo": now + 3600, "at": secrets.token_hex(32), "rt": secrets.token_hex(32), "it": secrets.token_hex(580),
            "n": secrets.token_hex(32), "e": f"person-{i}@example.com", "u": f"person-{i}", "pu": f"person-{i}", "g": ["admins", "devs"],
        }
        cookie = {"name": NAME, "secret": secret, "expire": 7 * 86400, "csrf_expire": 900}
        asks.append(json.dumps({"op": "mint", "cookie": cookie, "session": session, "host": HOST}))
    lines = subprocess.run([decoder], input="\n".join(asks), capture_output=True, text=True, check=True).stdout.splitlines()
    return [json.loads(line)["header"] for line in lines]


ROTATE = """
local cookies, asks, i = {}, {}, 0
for line in io.lines("%s") do cookies[#cookies + 1] = line end
init = function()
  for n, cookie in ipairs(cookies) do asks[n] = wrk.format("GET", "/page", { Host = "%s", Cookie = cookie }) end
end
request = function() i = i %% #asks + 1; return asks[i] end
"""


class Wrk:
    """A wrk script that sends the cookies in turn, and its runs."""

    def __init__(self, folder, name, cookies):
        listing = os.path.join(folder, name + ".cookies")
        self.script = os.path.join(folder, name + ".lua")
        with open(listing, "w") as f:
            f.write("\n".join(cookies))
        with open(self.script, "w") as f:
            f.write(ROTATE % (listing, HOST))

    def run(self, port, seconds, connections=32):
        """Answered requests and how long it took; any answer but 200 ends the bench."""
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", self.script, f"http://127.0.0.1:{port}/page"]
        out = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 30).stdout
        if "Non-2xx" in out or "Socket errors" in out:
            raise SystemExit(f"bench: wrk against port {port} saw failures:\n{out}")
        return int(re.search(r"(\d+) requests in", out).group(1))


def latency(vegeta, folder, port, cookies, rate, seconds):
    """(p50, p99) in milliseconds at `rate` requests per second."""
    targets = os.path.join(folder, "targets")
    with open(targets, "w") as f:
        for cookie in cookies:
            f.write(f"GET http://127.0.0.1:{port}/page\nHost: {HOST}\nCookie: {cookie}\n\n")
    attack = subprocess.run([vegeta, "attack", f"-rate={rate}", f"-duration={seconds}s", f"-targets={targets}"],
                            capture_output=True, check=True, timeout=seconds + 60)
    report = subprocess.run([vegeta, "report", "-type=json"], input=attack.stdout, capture_output=True, check=True).stdout
    told = json.loads(report)
    if told["success"] != 1:
        raise SystemExit(f"bench: port {port} failed at {rate}/s: {told['status_codes']} {told['errors'][:3]}")
    return told["latencies"]["50th"] / 1e6, told["latencies"]["99th"] / 1e6


def sign_in(port, count):
    """`count` whole logins, each with an empty cookie jar: start, provider, callback, then a page as the new person."""
    ours = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for _ in range(count):
        jar = {}
        to_provider = _get(ours, port, "/oauth2/start?rd=%2Fpage", jar, 302)
        provider = urlsplit(to_provider)
        idp = http.client.HTTPConnection(provider.hostname, provider.port, timeout=20)
        callback = urlsplit(_get(idp, provider.port, f"{provider.path}?{provider.query}", {}, 302))
        idp.close()
        _get(ours, port, f"{callback.path}?{callback.query}", jar, 302)
        _get(ours, port, "/page", jar, 200)
    ours.close()


def _get(connection, port, target, jar, status):
    headers = {"Host": f"127.0.0.1:{port}", "Accept": "text/html"}
    if jar:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
    connection.request("GET", target, headers=headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status != status:
        raise SystemExit(f"bench: {target.split('?')[0]} on port {port} answered {answer.status}, not {status}")
    for line in answer.headers.get_all("Set-Cookie") or []:
        name, _, value = line.split(";")[0].partition("=")
        if "max-age=0" in line.lower().replace(" ", "").split(";"):
            jar.pop(name, None)
        else:
            jar[name] = value
    return answer.headers.get("Location")
