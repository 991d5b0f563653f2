#!/usr/bin/env bash
# Installs the headless browser that the console's tests drive: Debian's chromium. Where it cannot be had, those tests are
# skipped by name. Does nothing where it is there, and never fails: a machine without it runs all other tests.
set -uo pipefail

[[ -x /usr/bin/chromium ]] && exit 0

if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
    echo "tests/install-browser.sh: not installed, and skipped by the tests: chromium" >&2
    exit 0
fi

export DEBIAN_FRONTEND=noninteractive
echo "Installing chromium"
apt=(timeout 300 apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120)
"${apt[@]}" update || true
"${apt[@]}" install -y --no-install-recommends chromium >/dev/null ||
    echo "tests/install-browser.sh: cannot be installed, and skipped by the tests: chromium" >&2
exit 0
