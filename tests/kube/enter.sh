#!/usr/bin/env bash
# enter.sh COMMAND...: runs a command in a network, a process table, a mount table and a temporary folder of its own, which
# end with it. The network has nothing but loopback and the bridge that pods are plugged into; 10.244.255.254 is this side
# of it. Needs root.
# enter.sh --check: says whether all that it and the pods take is here, before anybody spends a quarter of an hour on it.
set -euo pipefail
# Where Debian keeps what is meant for root.
PATH=$PATH:/usr/sbin:/sbin

# lacking SENTENCE: this machine cannot do it.
lacking() {
    echo "make test-kube: $*" >&2
    exit 1
}

# try WHAT COMMAND...: WHAT says what the command takes.
try() {
    local what=$1 said
    shift
    said=$("$@" 2>&1 </dev/null) || lacking "this machine does not let root $what ($(tail -n 1 <<<"$said"))"
}

check() {
    local package command group
    [ "$(id -u)" = 0 ] || lacking "pods get networks of their own, which takes root; this is user $(id -un)"
    for package in util-linux:unshare util-linux:nsenter util-linux:setpriv mount:mount iproute2:ip coreutils:chroot golang:go; do
        command=${package#*:}
        [ -n "$(command -v "$command")" ] || lacking "there is no $command in PATH ($PATH); it is in the package ${package%:*}"
    done
    try "make namespaces of a network, of mounts and of processes (a container needs --privileged for it)" \
        unshare --net --mount --pid --fork --mount-proc true
    try "make a bridge and a pair of interfaces in a network of its own" \
        unshare --net bash -euc 'ip link add one type bridge; ip link add two type veth peer name three'
    try "mount an overlay, which is what a container's files are" unshare --mount bash -euc '
        mount -t tmpfs tmpfs /tmp; mkdir /tmp/{a,b,c,d}; mount -t overlay overlay -o lowerdir=/tmp/a,upperdir=/tmp/b,workdir=/tmp/c /tmp/d'
    group=/sys/fs/cgroup
    [ ! -e $group/memory/memory.limit_in_bytes ] || group+=/memory
    group+=/sidecar-kube-check-$$
    try "make a control group" mkdir "$group"
    [ -e "$group/memory.max" ] || [ -e "$group/memory.limit_in_bytes" ] || {
        rmdir "$group"
        lacking "control groups here count no memory"
    }
    rmdir "$group"
}

check
[ "$*" != --check ] || exit 0
temporary=$(mktemp -d)
trap 'rmdir "$temporary"' EXIT
# What kubectl and helm remember of an API server is of no use to the next one at the same port.
export KUBECACHEDIR=$temporary/kubectl HELM_CACHE_HOME=$temporary/helm HELM_CONFIG_HOME=$temporary/helm HELM_DATA_HOME=$temporary/helm
SIDECAR_KUBE=entered TMPDIR=$temporary unshare --net --mount --pid --fork --kill-child --mount-proc bash -euc '
    mount -t tmpfs tmpfs "$TMPDIR"
    # An address that an interface gives itself a while later is a change of the network, at which Chromium drops its requests.
    echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
    echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
    ip link set lo up
    ip link add pods type bridge
    ip address add 10.244.255.254/16 dev pods
    ip link set pods up
    exec "$@"' enter "$@"
