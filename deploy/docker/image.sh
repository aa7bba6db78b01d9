#!/usr/bin/env bash
# Builds the container image with buildah alone: no daemon, nothing left outside the folder. The same binary and the same
# commit make the same bytes.
#
#   image.sh BINARY [FOLDER]    writes oauth2-sidecar.tar (an OCI archive) and oauth2-sidecar.cdx.json (what is in it) into
#                               the folder, by default target/image
set -euo pipefail

binary=$1
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=${2:-$root/target/image}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -1)
revision=${REVISION:-$(git -C "$root" rev-parse HEAD 2>/dev/null || echo unknown)}
# Every date in the image is that of the commit, as https://reproducible-builds.org/specs/source-date-epoch/ has it.
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 0)}

if readelf -lW "$binary" | grep -q INTERP; then
    echo "image: $binary needs a loader; FROM scratch has none (make it with: make release)" >&2
    exit 1
fi
case $(readelf -hW "$binary" | sed -n 's/^ *Machine: *//p') in
    *X86-64*) arch=amd64 ;;
    AArch64) arch=arm64 ;;
    *) echo "image: $binary is for a processor that this recipe does not know" >&2; exit 1 ;;
esac

# The context holds the binary and nothing else, so nothing else can slip in.
mkdir -p "$out/context"
install -m 0755 "$binary" "$out/context/oauth2-sidecar"

export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
store=$(mktemp -d "$out/store.XXXXXX")
trap 'rm -rf "$store"' EXIT
buildah() { command buildah --root "$store/root" --runroot "$store/run" "$@"; }

buildah bud --quiet --arch "$arch" --timestamp "$epoch" --identity-label=false \
    --build-arg "VERSION=$version" --build-arg "REVISION=$revision" --build-arg "CREATED=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)" \
    --tag "oauth2-sidecar:$version" --file "$here/Dockerfile" "$out/context" >/dev/null
buildah push --quiet "oauth2-sidecar:$version" "oci:$store/layout:oauth2-sidecar:$version"

# buildah's own archive has the time of day in it.
tar --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
    -cf "$store/archive.tar" -C "$store/layout" blobs index.json oci-layout
mv "$store/archive.tar" "$out/oauth2-sidecar.tar"
SOURCE_DATE_EPOCH=$epoch "$here/sbom.py" "$binary" >"$store/sbom.json"
mv "$store/sbom.json" "$out/oauth2-sidecar.cdx.json"
echo "image: $out/oauth2-sidecar.tar ($(stat -c %s "$out/oauth2-sidecar.tar") bytes, linux/$arch)"
