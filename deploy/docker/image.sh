#!/usr/bin/env bash
# Builds the container image with buildah alone: no daemon, nothing left outside target/image.
#
#   image.sh BINARY       writes target/image/oauth2-sidecar.tar (an OCI archive)
set -euo pipefail

binary=$1
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$root/target/image
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -1)
revision=$(git -C "$root" rev-parse HEAD 2>/dev/null || echo unknown)

if readelf -lW "$binary" | grep -q INTERP; then
    echo "image: $binary needs a loader; FROM scratch has none (make it with: make release)" >&2
    exit 1
fi

# The context holds the binary and nothing else, so nothing else can slip in.
mkdir -p "$out/context"
install -m 0755 "$binary" "$out/context/oauth2-sidecar"

export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
store=$(mktemp -d "$out/store.XXXXXX")
trap 'rm -rf "$store"' EXIT
buildah() { command buildah --root "$store/root" --runroot "$store/run" "$@"; }

buildah bud --quiet --timestamp 0 --identity-label=false --build-arg "VERSION=$version" --build-arg "REVISION=$revision" \
    --tag "oauth2-sidecar:$version" --file "$here/Dockerfile" "$out/context" >/dev/null
rm -f "$out/oauth2-sidecar.tar"
buildah push --quiet "oauth2-sidecar:$version" "oci-archive:$out/oauth2-sidecar.tar:oauth2-sidecar:$version"
echo "image: $out/oauth2-sidecar.tar ($(stat -c %s "$out/oauth2-sidecar.tar") bytes)"
