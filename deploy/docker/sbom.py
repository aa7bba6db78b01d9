#!/usr/bin/env python3
"""Writes what a release binary is made of to standard output, as CycloneDX 1.6 in JSON.

    sbom.py BINARY

The crates are those that `cargo tree` says are linked, build scripts and procedural macros left out; their checksums are
Cargo.lock's. The static binary has the C library and Rust's own in it, too. The same tree gives the same bytes.
"""

import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tomllib
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = "oauth2-sidecar"


def said(*command):
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def linked(target):
    """(name, version, license, path or None) of every linked crate."""
    lines = said("cargo", "tree", "--locked", "-p", PACKAGE, "--edges", "normal,no-proc-macro", "--prefix", "none",
                 "--format", "{p}|{l}", "--target", target)
    form = re.compile(r"^(\S+) v(\S+)(?: \((.+?)\))?\|(.*?)(?: \(\*\))?$")
    for line in sorted(set(lines.splitlines())):
        if not line.endswith("(*)"):
            yield form.match(line).groups()


def component(name, version, license_expression, checksum):
    purl = f"pkg:cargo/{name}@{version}"
    made = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    if license_expression:
        made["licenses"] = [{"expression": license_expression.replace("/", " OR ")}]
    if checksum:
        made["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return made


def main():
    binary = pathlib.Path(sys.argv[1])
    digest = hashlib.sha256(binary.read_bytes()).hexdigest()
    when = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), datetime.timezone.utc)
    rust = dict(line.split(": ", 1) for line in said("rustc", "-vV").splitlines() if ": " in line)
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text(encoding="utf-8"))
    checksums = {(package["name"], package["version"]): package.get("checksum") for package in lock["package"]}
    own, components = None, []
    for name, version, path, terms in linked(rust["host"]):
        if name == PACKAGE:
            own = component(name, version, terms, digest) | {"type": "application"}
        else:
            components.append(component(name, version, terms, checksums[name, version]))
    for name, version, terms in [("glibc", said("getconf", "GNU_LIBC_VERSION").split()[1], "LGPL-2.1-or-later"),
                                 ("rust-std", rust["release"], "MIT OR Apache-2.0")]:
        components.append({"type": "library", "bom-ref": name, "name": name, "version": version,
                           "licenses": [{"expression": terms}]})
    json.dump({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.UUID(digest[:32])}",
        "version": 1,
        "metadata": {"timestamp": when.strftime("%Y-%m-%dT%H:%M:%SZ"), "component": own},
        "components": components,
        "dependencies": [{"ref": own["bom-ref"], "dependsOn": sorted(part["bom-ref"] for part in components)}],
    }, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
