#!/usr/bin/env bash
# until-eof.sh COMMAND...: runs a server until standard input ends, so that none outlives the test that started it.
set -euo pipefail
"$@" </dev/null &
pid=$!
trap 'kill $pid 2>/dev/null || true' EXIT
cat >/dev/null
