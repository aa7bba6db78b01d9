#!/usr/bin/env python3
"""Writes the chart's values.schema.json and files/options.json from docs/reference/options.md and skeleton.json.

    generate.py           writes them
    generate.py --check   says whether they are what it would write; 1 if not

The reference is itself made from the option table of crates/config, and a test there keeps it current. So an option that
the program serves can be written in the chart's values by its key, one that it does not serve is refused with a sentence,
and neither is kept by hand. JSON Schema has no messages of its own; `const` has: "value must be '…'".
"""

import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
REFERENCE = ROOT / "docs/reference/options.md"
CHART = HERE.parent / "oauth2-sidecar"

# What oauth2-proxy v7.15.6 does not know: it refuses such a key in the file, and passes over such a variable.
OURS = """sign_in_page_status pass_xauthrequest pass_session_cookie login_restart login_for_subresources
    oidc_discovery_required ready_requires_provider refresh_grace refresh_before_expiry session_cookie_format
    session_idle_timeout session_max_lifetime session_max_cookie_bytes cookie_secret_previous
    cookie_secret_previous_file max_header_bytes shutdown_delay shutdown_timeout watch_config
    app_probe_address""".split()

# In the Secret, not in values.
SECRET = {"client_id": "client-id", "client_secret": "client-secret", "cookie_secret": "cookie-secret"}
# Files that the pod does not have, because the Secret has their content.
FILES = {"client_secret_file": "client-secret", "cookie_secret_file": "cookie-secret"}

DURATION = {"pattern": r"^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$"}
TYPES = {
    "string": {"type": "string"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "list": {"type": "array", "items": {"type": "string"}},
    "duration": {"type": "string", "anyOf": [DURATION, {"const": "a duration, such as 90s, 15m or 1h30m"}]},
}


def absent(why):
    """A schema that no sensible value fits, and whose refusal says why."""
    return {"const": f"absent: {why}"}


def served():
    """Rows of the reference's table: key, flag, type, what it says. Flags without a key are left out."""
    row = re.compile(r"^\| `--([a-z0-9-]+)` \| `OAUTH2_PROXY_[A-Z0-9_]+`<br>`([a-z0-9_]+)` \| (\w+) \| .*? \| (.*) \|$")
    for line in REFERENCE.read_text(encoding="utf-8").splitlines():
        if match := row.match(line):
            flag, key, kind, says = match.groups()
            yield key, flag, kind, says


def unserved():
    """Flags that the program knows and refuses."""
    tail = REFERENCE.read_text(encoding="utf-8").split("## Known, not served yet", 1)[1]
    return re.findall(r"`--([a-z0-9-]+)`", tail)


def camel(key):
    head, *rest = key.split("_")
    return head + "".join(word.capitalize() for word in rest)


def spellings(key, flag):
    """How people write an option by mistake."""
    single = flag.replace("-", "_")
    forms = {flag, key.replace("_", "-"), single, camel(key), camel(single), f"OAUTH2_PROXY_{key.upper()}"}
    forms |= {key + "s", key.removesuffix("s")}
    return forms - {key}


def options():
    """The schema of an object of options, and the keys it takes."""
    rows = list(served())
    assert len(rows) > 90, "the reference's table is not as expected"
    properties, wrong = {}, {}
    keys = {key for key, *_ in rows}
    for key, flag, kind, says in rows:
        for form in spellings(key, flag) - keys:
            wrong[form] = absent(f"this option is written {key}")
        if key in SECRET or says.endswith("Secret."):
            where = f"it belongs into the Secret that secret.name names, as {SECRET[key]}" if key in SECRET else \
                "a secret does not belong into values; give it by sidecar.extraEnv from a Secret of yours"
            properties[key] = absent(where)
        elif key in FILES:
            properties[key] = absent(f"the Secret that secret.name names has it, as {FILES[key]}")
        elif key == "custom_templates_dir":
            properties[key] = absent("it is /templates; write the files into the value templates")
        elif key == "session_store_type":
            properties[key] = {"const": "cookie"}
        else:
            properties[key] = {"description": says} | TYPES[kind]
    for flag in unserved():
        key = flag.replace("-", "_")
        if key not in properties:
            properties[key] = absent("this version does not serve this option")
    taken = sorted(key for key, schema in properties.items() if not str(schema.get("const", "")).startswith("absent"))
    for form, schema in wrong.items():
        properties.setdefault(form, schema)
    return {
        "type": "object",
        "properties": dict(sorted(properties.items())),
        "additionalProperties": absent("there is no such option; docs/reference/options.md lists them"),
    }, taken


def close(schema):
    """No object of the skeleton takes a property that it does not list."""
    if isinstance(schema, dict):
        for part in schema.values():
            close(part)
        if "properties" in schema and "additionalProperties" not in schema:
            schema["additionalProperties"] = absent("there is no such value here; values.yaml lists them")
    elif isinstance(schema, list):
        for part in schema:
            close(part)


def main():
    schema = json.loads((HERE / "skeleton.json").read_text(encoding="utf-8"))
    close(schema)
    schema["$comment"] = "Made by deploy/helm/schema/generate.py; change skeleton.json or the option table instead."
    schema["definitions"] = {"options": None}
    schema["definitions"]["options"], taken = options()
    made = {
        CHART / "values.schema.json": json.dumps(schema, indent=1, ensure_ascii=False) + "\n",
        CHART / "files/options.json": json.dumps({
            "ours": [key for key in taken if key in OURS],
            "options": taken,
        }, indent=1) + "\n",
    }
    if sys.argv[1:] == ["--check"]:
        stale = [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
        for path in stale:
            print(f"{path.relative_to(ROOT)} is stale: deploy/helm/schema/generate.py writes it", file=sys.stderr)
        return bool(stale)
    for path, text in made.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
