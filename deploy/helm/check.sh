#!/usr/bin/env bash
# Checks the chart with the real helm: every ci/*.yaml renders to its golden file, every ci/refused/*.yaml is refused with
# the sentence that its first line says, and a chart of somebody else's can use this one. That the schema is current,
# `cargo xtask docs --check` says.
#
#   check.sh              checks
#   UPDATE=1 check.sh     writes the golden files again
#
# HELM is the program, by default the one that tests/counterparts/kube/install.sh built, else the one in PATH.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
chart=$here/oauth2-sidecar
built=${SIDECAR_TEST_CACHE:-$HOME/.cache/oauth2-sidecar}/kube/bin/helm
HELM=${HELM:-$([ -x "$built" ] && echo "$built" || echo helm)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HELM_CACHE_HOME=$work/cache HELM_CONFIG_HOME=$work/config HELM_DATA_HOME=$work/data
# A helm from the Go registry does not know which Kubernetes it was made for.
for_kubernetes=(--kube-version 1.36.0)
faults=0 goldens=0 refusals=0

fault() {
    printf 'chart: %s\n' "$*" >&2
    faults=$((faults + 1))
}

# same NAME: what was rendered to $work/NAME.yaml is what the golden file says.
same() {
    local golden=$chart/ci/golden/$1.yaml
    if [ -n "${UPDATE:-}" ]; then
        cp "$work/$1.yaml" "$golden"
    elif ! diff -u "$golden" "$work/$1.yaml"; then
        fault "ci/$1.yaml renders to something else than ci/golden/$1.yaml (UPDATE=1 $0 writes it again)"
    fi
    goldens=$((goldens + 1))
}

for values in "$chart"/ci/*.yaml; do
    name=$(basename "$values" .yaml)
    "$HELM" lint --strict --quiet "${for_kubernetes[@]}" --namespace apps --values "$values" "$chart" || fault "helm lint finds fault with ci/$name.yaml"
    "$HELM" template release "$chart" "${for_kubernetes[@]}" --namespace apps --values "$values" >"$work/$name.yaml" || { fault "ci/$name.yaml is refused"; continue; }
    same "$name"
done

for values in "$chart"/ci/refused/*.yaml; do
    name=$(basename "$values")
    sentence=$(sed -n '1s/^# refused: //p' "$values")
    refusals=$((refusals + 1))
    if "$HELM" template release "$chart" "${for_kubernetes[@]}" --namespace apps --values "$values" >/dev/null 2>"$work/said"; then
        fault "ci/refused/$name is rendered"
    elif [ -z "$sentence" ] || ! tr '\n' ' ' <"$work/said" | grep -qF -- "$sentence"; then
        fault "ci/refused/$name is refused, but not with: $sentence"
        cat "$work/said" >&2
    fi
done

# A chart that has the Deployment itself and takes the container from this one.
cp -r "$here/own-chart" "$work/own-chart"
sed -i "s|file://../oauth2-sidecar|file://$chart|" "$work/own-chart/Chart.yaml"
"$HELM" dependency update "$work/own-chart" >/dev/null 2>&1
if "$HELM" template shop "$work/own-chart" "${for_kubernetes[@]}" --namespace apps >"$work/own-chart.yaml"; then
    same own-chart
else
    fault "own-chart is refused"
fi

[ "$faults" = 0 ] || exit 1
echo "chart: $goldens renderings are as written down, $refusals mistakes are refused with the right sentence"
