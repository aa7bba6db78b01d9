#!/usr/bin/env bash
# serve.sh PORT DIR [empty]: runs the installed Gitea on 127.0.0.1:PORT until its standard input ends, with the people,
# organizations and repositories of seed.py in it, or `empty`. DIR is its own and goes away with it, unless it is empty at
# first: that is how install.sh makes what the others start from.
set -euo pipefail
home=${SIDECAR_TEST_CACHE:-$HOME/.cache/oauth2-sidecar}/gitea
port=$1 dir=$2
mkdir -p "$dir/conf"
[ "${3:-}" = empty ] || cp -r "$home/seed/." "$dir/"
sed -e "s#@DIR@#$dir#g; s#@HOME@#$home#g; s#@PORT@#$port#g" "$(dirname "$0")/app.ini" >"$dir/conf/app.ini"
gitea=("$home/gitea" -c "$dir/conf/app.ini" -w "$dir")
# What it keeps beside its own folder: git's settings.
export HOME=$dir
if [ "${3:-}" = empty ]; then
    "${gitea[@]}" migrate >/dev/null
    "${gitea[@]}" admin user create --admin --username root-admin --password admin-pw1 --email root-admin@example.com \
        --must-change-password=false >/dev/null
fi
"${gitea[@]}" web </dev/null &
pid=$!
trap 'kill $pid 2>/dev/null && wait $pid || true; [ "${3:-}" = empty ] || rm -rf "$dir"' EXIT
cat >/dev/null
