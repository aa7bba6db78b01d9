#!/usr/bin/env python3
"""seed.py DIR: lets a new Gitea make its database in DIR, and fills it by its API.

| who   | organizations                  | teams                       | repositories                                        |
|-------|--------------------------------|-----------------------------|-----------------------------------------------------|
| alice | acme, globex                   | acme:platform, globex:staff | acme/private-repo (write, by the team)              |
| bob   | acme                           | acme:platform               | acme/private-repo (write, by the team)              |
| carol | none                           | none                        | acme/private-repo and acme/closed-repo (may read)   |
| dave  | many-00 … many-64: three pages | Owners of each              | none                                                |

The password of NAME is NAME-pw1. alice@, bob@ and dave@example.com, carol@other.test. acme/public-repo is for everybody,
acme/closed-repo for no team but the owners.
"""
import base64
import json
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

ADMIN = "root-admin:admin-pw1"
ORGANIZATIONS_OF_DAVE = 65


class Api:
    def __init__(self, base):
        self.base = base

    def call(self, method, path, body=None, credentials=ADMIN):
        authorization = "Basic " + base64.b64encode(credentials.encode()).decode()
        headers = {"Authorization": authorization, "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base}/api/v1{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def wait(self):
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"{self.base}/api/healthz", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


def fill(api):
    people = {"alice": "alice@example.com", "bob": "bob@example.com", "carol": "carol@other.test", "dave": "dave@example.com"}
    for name, email in people.items():
        account = {"username": name, "password": f"{name}-pw1", "email": email, "must_change_password": False}
        api.call("POST", "/admin/users", account)
    for name in ("acme", "globex"):
        api.call("POST", "/orgs", {"username": name})
    for name, private in (("private-repo", True), ("closed-repo", True), ("public-repo", False)):
        api.call("POST", "/orgs/acme/repos", {"name": name, "private": private, "auto_init": True})

    teams = {}
    for organization, name, permission in (("acme", "platform", "write"), ("globex", "staff", "read")):
        team = {"name": name, "permission": permission, "units": ["repo.code"]}
        teams[name] = api.call("POST", f"/orgs/{organization}/teams", team)["id"]
    for name, member in (("platform", "alice"), ("platform", "bob"), ("staff", "alice")):
        api.call("PUT", f"/teams/{teams[name]}/members/{member}")
    api.call("PUT", f"/teams/{teams['platform']}/repos/acme/private-repo")
    for name in ("private-repo", "closed-repo"):
        api.call("PUT", f"/repos/acme/{name}/collaborators/carol", {"permission": "read"})

    # More than the thirty of one page, twice.
    for number in range(ORGANIZATIONS_OF_DAVE):
        api.call("POST", "/orgs", {"username": f"many-{number:02}"}, "dave:dave-pw1")


def main():
    folder = sys.argv[1]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    serve = pathlib.Path(__file__).with_name("serve.sh")
    # It ends when its standard input does.
    with subprocess.Popen([serve, str(port), folder, "empty"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL):
        api = Api(f"http://127.0.0.1:{port}")
        api.wait()
        fill(api)


main()
