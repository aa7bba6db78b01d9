#!/usr/bin/env bash
# Builds, out of the Go registry, the Kubernetes and the Istio that `make test-kube` runs, each program once.
#
#   install.sh                 everything
#   install.sh ITEM...         only these: control-plane etcd helm crds
#
# Each folder's go.mod names the versions and its go.sum every source. The programs go to kube/bin, the definitions of
# resources to kube/crds, below $SIDECAR_TEST_CACHE (by default ~/.cache/oauth2-sidecar). Cold it takes a quarter of an
# hour of two processors and leaves 5 GB in Go's build cache, which may be cleared afterwards.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
cache=${SIDECAR_TEST_CACHE:-$HOME/.cache/oauth2-sidecar}/kube
bin=$cache/bin
# shellcheck source=tests/counterparts/recipe.sh
. "$here/../recipe.sh"

TRAEFIK=v3.7.13
PROMETHEUS_OPERATOR=v0.85.0
EXTERNAL_SECRETS=v0.16.2

# version_of FOLDER: changes with everything its programs are built from.
version_of() { cat "$here/$1/go.mod" "$here/$1/go.sum" | sha256sum | cut -c1-12; }

# required FOLDER MODULE: the version that its go.mod names.
required() { (cd "$here/$1" && go list -mod=readonly -m -f '{{.Version}}' "$2"); }

# source_of FOLDER MODULE[@VERSION]: where the files of the module are, fetched if need be; without a version that of go.mod.
source_of() { (cd "$here/$1" && go mod download -json "$2" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p'); }

# fetch FOLDER PACKAGE...: brings the sources of these packages and of no others. A registry that does not answer is asked
# again.
fetch() {
    local folder=$1 attempt
    shift
    for attempt in 1 2 3; do
        (cd "$here/$folder" && nice go list -mod=readonly -deps "$@" </dev/null >/dev/null) && return
        say "$folder: attempt $attempt to fetch its sources failed"
    done
    return 1
}

# build FOLDER LDFLAGS PACKAGE...: all packages by one command, so that one is linked while others are still compiled. What
# debuggers read is a tenth of the work and a fifth of the build cache: it is not made in the first place.
build() {
    local folder=$1 ldflags=$2 began=$SECONDS
    shift 2
    fetch "$folder" "$@"
    say "$folder: its sources took $((SECONDS - began)) s"
    (cd "$here/$folder" && nice go build -mod=readonly -trimpath -gcflags=all=-dwarf=false -ldflags "-s -w $ldflags" \
        -o "$bin/" "$@" </dev/null)
    say "$folder took $((SECONDS - began)) s"
}

# Kubernetes, Istio and kwok are one module: they share most of what they compile.
install_control-plane() {
    local version kubernetes flags
    version=$(version_of control-plane)
    done_already control-plane "$version" && return
    kubernetes=$(required control-plane k8s.io/kubernetes)
    # Without these a program calls itself v0.0.0-master, and kubectl warns of it.
    flags="-X k8s.io/component-base/version.gitVersion=$kubernetes -X k8s.io/client-go/pkg/version.gitVersion=$kubernetes"
    flags+=" -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=$(cut -d. -f2 <<<"$kubernetes")"
    build control-plane "$flags" \
        k8s.io/kubernetes/cmd/{kubectl,kube-apiserver,kube-controller-manager,kube-scheduler} \
        sigs.k8s.io/kwok/cmd/kwok istio.io/istio/pilot/cmd/pilot-discovery istio.io/istio/istioctl/cmd/istioctl
    # What kwok does with a node and a pod.
    rm -rf "$cache/stages"
    cp -r --no-preserve=mode "$(source_of control-plane sigs.k8s.io/kwok)/kustomize/stage" "$cache/stages"
    stamp control-plane "$version"
}

install_etcd() {
    local version
    version=$(version_of etcd)
    done_already etcd "$version" && return
    build etcd "" go.etcd.io/etcd/server/v3
    mv "$bin/server" "$bin/etcd"
    stamp etcd "$version"
}

install_helm() {
    local version
    version=$(version_of helm)
    done_already helm "$version" && return
    build helm "" helm.sh/helm/v3/cmd/helm
    stamp helm "$version"
}

# definitions MODULE[@VERSION] FILES: copies these files of a module.
definitions() {
    local source
    source=$(source_of control-plane "$1")
    # shellcheck disable=SC2086 # FILES is a pattern
    (cd "$source" && cp --no-preserve=mode $2 "$cache/crds/")
}

# The kinds that the manifests and the chart use beside Kubernetes' own.
install_crds() {
    local version folder=$cache/crds
    version=$(version_of control-plane)-$TRAEFIK-$PROMETHEUS_OPERATOR-$EXTERNAL_SECRETS
    done_already crds "$version" && return
    rm -rf "$folder"
    mkdir "$folder"
    definitions istio.io/istio manifests/charts/base/files/crd-all.gen.yaml
    definitions sigs.k8s.io/gateway-api 'config/crd/standard/*.yaml'
    definitions "github.com/traefik/traefik/v3@$TRAEFIK" 'docs/content/reference/dynamic-configuration/traefik.io_*.yaml'
    definitions "github.com/prometheus-operator/prometheus-operator@$PROMETHEUS_OPERATOR" \
        'example/prometheus-operator-crd/*_servicemonitors.yaml'
    definitions "github.com/external-secrets/external-secrets@$EXTERNAL_SECRETS" \
        'config/crds/bases/external-secrets.io_externalsecrets.yaml'
    stamp crds "$version"
}

command -v go >/dev/null || { echo "install: there is no go in PATH, and these programs are built by it" >&2; exit 1; }
[ $# -gt 0 ] || set -- control-plane etcd helm crds
install_items "$@"
