#!/usr/bin/env bash
# Everything `make test` does: installs what the tests need, builds the program and its image, runs every test, says how
# many.
set -euo pipefail
cd "$(dirname "$0")/.."

tests/counterparts/install.sh
cargo build --locked --bins
make --no-print-directory image
log=target/test.log
status=0
cargo test --locked --workspace --no-fail-fast 2>&1 | tee "$log" || status=$?
awk '/^test result:/ { passed += $4; failed += $6; ignored += $8 }
    END { printf "\n%d passed, %d failed%s\n", passed, failed, ignored ? ", " ignored " skipped" : "" }' "$log"
exit "$status"
