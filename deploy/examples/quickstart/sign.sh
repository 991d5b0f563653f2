#!/usr/bin/env bash
# Signs a payload as a compact RS256 JWS. In the payload, @NOW@ becomes the time, @SOON@ ten minutes later, @ID@ something new.
# usage: sign.sh KEY.pem TYP PAYLOAD.json OUT        the key's file name without .pem is the kid
set -euo pipefail
umask 077

usage="usage: sign.sh KEY.pem TYP PAYLOAD.json OUT"
key=${1:?$usage} typ=${2:?$usage} payload=${3:?$usage} out=${4:?$usage}

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

now=$(date +%s)
claims=$(sed "s/@NOW@/$now/g; s/@SOON@/$((now + 600))/g; s/@ID@/$(openssl rand -hex 16)/g" "$payload")
header=$(printf '{"alg":"RS256","kid":"%s","typ":"%s"}' "$(basename "$key" .pem)" "$typ")
text=$(base64url <<<"$header").$(base64url <<<"$claims")
printf '%s.%s\n' "$text" "$(printf '%s' "$text" | openssl dgst -sha256 -sign "$key" | base64url)" >"$out"
