#!/usr/bin/env bash
# Installs the unmodified clients that the sidecar's tests use, as far as Debian has them: AWS's command line, and Python's
# libraries of AWS, Azure and Google. A client that is missing afterwards is skipped by name by its tests. Does nothing
# where all are there, and never fails: a machine without them runs all other tests.
set -uo pipefail

wanted=()
/usr/bin/python3 -c 'import boto3' 2>/dev/null || wanted+=(python3-boto3)
/usr/bin/python3 -c 'import azure.identity' 2>/dev/null || wanted+=(python3-azure)
/usr/bin/python3 -c 'import google.auth.transport.requests' 2>/dev/null || wanted+=(python3-google-auth python3-requests)
[[ -x /usr/bin/aws ]] || wanted+=(awscli)
[[ -x /usr/bin/git ]] || wanted+=(git)
[[ -x /usr/bin/psql ]] || wanted+=(postgresql-client)
((${#wanted[@]})) || exit 0

if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
    echo "tests/install-clients.sh: not installed, and skipped by the tests: ${wanted[*]}" >&2
    exit 0
fi

export DEBIAN_FRONTEND=noninteractive
echo "Installing ${wanted[*]}"
apt=(timeout 300 apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120)
"${apt[@]}" update || true
for package in "${wanted[@]}"; do
    "${apt[@]}" install -y --no-install-recommends "$package" >/dev/null ||
        echo "tests/install-clients.sh: cannot be installed, and skipped by the tests: $package" >&2
done
exit 0
