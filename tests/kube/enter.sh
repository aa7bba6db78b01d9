#!/usr/bin/env bash
# enter.sh COMMAND...: runs a command in a network, a process table, a mount table and a temporary folder of its own, which
# end with it. The network has nothing but loopback and the bridge that pods are plugged into; 10.244.255.254 is this side
# of it. Needs root.
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "enter.sh: pods get networks of their own, which takes root" >&2; exit 1; }
temporary=$(mktemp -d)
trap 'rmdir "$temporary"' EXIT
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
