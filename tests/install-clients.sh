#!/usr/bin/env bash
# Installs the unmodified clients that the sidecar's tests use: what Debian has of them (AWS's command line, and Python's
# libraries of AWS, Azure and Google), and JavaScript's libraries of the same three by npm, into a folder of their own. A
# client that is missing afterwards is skipped by name by its tests. Does nothing where all are there, and never fails: a
# machine without them runs all other tests.
set -uo pipefail

missing() { echo "tests/install-clients.sh: cannot be installed, and skipped by the tests: $*" >&2; }

# By npm, at versions that the tests were written against; nothing of them runs while they are installed.
packages=("@aws-sdk/credential-providers@3.1169.0" "@azure/identity@4.13.1" "google-auth-library@10.9.1")
folder=${CLIENTS_FOLDER:-${XDG_CACHE_HOME:-$HOME/.cache}/credbroker-tests/clients}
absent=()
for package in "${packages[@]}"; do
    [[ -d $folder/node_modules/${package%@*} ]] || absent+=("$package")
done
if ((${#absent[@]})); then
    if command -v npm >/dev/null && command -v node >/dev/null; then
        echo "Installing ${absent[*]}"
        mkdir -p "$folder"
        timeout 300 npm install --prefix "$folder" --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-timeout=30000 --loglevel=error "${packages[@]}" >/dev/null </dev/null ||
            missing "${absent[*]}"
    else
        missing "${absent[*]} (there is no npm)"
    fi
fi

wanted=()
/usr/bin/python3 -c 'import boto3' 2>/dev/null || wanted+=(python3-boto3)
/usr/bin/python3 -c 'import azure.identity' 2>/dev/null || wanted+=(python3-azure)
/usr/bin/python3 -c 'import google.auth.transport.requests' 2>/dev/null || wanted+=(python3-google-auth python3-requests)
[[ -x /usr/bin/aws ]] || wanted+=(awscli)
[[ -x /usr/bin/git ]] || wanted+=(git)
[[ -x /usr/bin/psql ]] || wanted+=(postgresql-client)
((${#wanted[@]})) || exit 0

if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
    missing "${wanted[*]}"
    exit 0
fi

export DEBIAN_FRONTEND=noninteractive
echo "Installing ${wanted[*]}"
apt=(timeout 300 apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120)
"${apt[@]}" update || true
for package in "${wanted[@]}"; do
    "${apt[@]}" install -y --no-install-recommends "$package" >/dev/null ||
        missing "$package"
done
exit 0
