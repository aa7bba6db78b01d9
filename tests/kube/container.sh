#!/usr/bin/env bash
# container.sh NETWORK ROOT USER:GROUP ro|rw [SOURCE:PATH...] -- [NAME=VALUE...] -- COMMAND...
# Runs a command as a container runtime does: in the network that the file NETWORK stands for, with ROOT as all its files,
# the SOURCE folders at their PATHs, as USER without any capability or way to gain one, with this environment alone. With
# CGROUP in the environment, in that control group. The command replaces this script, so it has its process id.
set -euo pipefail
if [ -z "${ENTERED:-}" ]; then
    [ -z "${CGROUP:-}" ] || echo $$ >"$CGROUP/cgroup.procs"
    network=$1
    ENTERED=yes exec nsenter --net="$network" unshare --mount "$BASH" "$0" "$@"
fi
root=$2 user=$3 write=$4
shift 4

# The image's files stay as they are: what is written, if it may be, goes into a layer above them.
work=$(mktemp -d)
mount -t tmpfs tmpfs "$work"
mkdir "$work/upper" "$work/scratch" "$work/root"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$work/upper,workdir=$work/scratch" "$work/root"
while [ "$1" != -- ]; do
    source=${1%%:*} path=$work/root${1#*:}
    mkdir -p "$path"
    mount --bind "$source" "$path"
    mount -o remount,bind,ro "$path"
    shift
done
shift
[ "$write" = rw ] || mount -o remount,ro "$work/root"
environment=()
while [ "$1" != -- ]; do
    environment+=("$1")
    shift
done
shift
exec env -i "${environment[@]}" /usr/bin/setpriv --no-new-privs /usr/sbin/chroot --userspec="$user" "$work/root" "$@"
