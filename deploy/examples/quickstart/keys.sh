#!/usr/bin/env bash
# Makes an RSA key for a pretended cluster and one for a pretended admission gate, publishes both as JWK sets, and
# writes the configuration that trusts them.
# usage: keys.sh FOLDER
set -euo pipefail
umask 077

folder=${1:?usage: keys.sh FOLDER}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

for name in cluster gate; do
    key=$folder/$name.pem
    [[ -e $key ]] || openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$key" 2>/dev/null
    modulus=$(openssl rsa -in "$key" -noout -modulus)
    n=$(printf '%b' "$(sed 's/../\\x&/g' <<<"${modulus#Modulus=}")" | base64url)
    # AQAB is 65537, the exponent that openssl chooses.
    printf '{"keys":[{"kty":"RSA","use":"sig","alg":"RS256","kid":"%s","n":"%s","e":"AQAB"}]}\n' "$name" "$n" >"$folder/$name.jwks.json"
done

sed "s|@FOLDER@|$folder|g" "$(dirname "${BASH_SOURCE[0]}")/appsettings.json" >"$folder/appsettings.json"
