#!/usr/bin/env bash
# keycloak.sh PORT MANAGEMENT_PORT DIR: runs the installed Keycloak, realm `example` of keycloak-realm.json, on loopback
# until its standard input ends. DIR is its own, so that two of them share no database, and goes away with it.
set -euo pipefail
home=$(readlink -f "${SIDECAR_TEST_CACHE:-$HOME/.cache/oauth2-sidecar}/keycloak")
dir=$3
mkdir -p "$dir"
# kc.sh takes the folder above itself for its home, and follows links to find itself: so a copy of bin, links for the rest.
cp -r "$home/bin" "$home/data" "$dir/"
for part in conf lib providers themes; do ln -s "$home/$part" "$dir/$part"; done
# A small heap and only the first tier of the JVM's compiler: it lives for minutes.
export JAVA_OPTS_KC_HEAP='-Xms64m -Xmx384m' JAVA_OPTS_APPEND='-XX:TieredStopAtLevel=1'
"$dir/bin/kc.sh" start --optimized --http-enabled=true --http-host=127.0.0.1 --http-port="$1" \
    --http-management-port="$2" --hostname="http://127.0.0.1:$1" </dev/null &
pid=$!
trap 'kill $pid 2>/dev/null && wait $pid || true; rm -rf "$dir"' EXIT
cat >/dev/null
