#!/usr/bin/env bash
# make-pki.sh DIR: a certificate authority of the test's own (ca.crt), a certificate for *.example.com (server.crt,
# server.key), and a home folder whose Chromium trusts the authority (home).
set -euo pipefail
mkdir -p "$1/home/.pki/nssdb"
cd "$1"
key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
openssl req -x509 "${key[@]}" -days 2 -subj '/CN=test authority' -keyout ca.key -out ca.crt \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null
openssl req "${key[@]}" -subj '/CN=example.com' -keyout server.key -out server.csr 2>/dev/null
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out server.crt \
    -extfile <(printf 'subjectAltName=DNS:*.example.com,DNS:example.com\nextendedKeyUsage=serverAuth\n') 2>/dev/null
certutil -d sql:home/.pki/nssdb -N --empty-password
certutil -d sql:home/.pki/nssdb -A -t C,, -n test-authority -i ca.crt
