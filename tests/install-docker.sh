#!/usr/bin/env bash
# Installs a container engine and the one small program that its containers run, for the tests of the node, where they are
# missing. Never starts the engine: the tests start engines of their own, in folders of their own. What cannot be had is
# skipped by name by its tests; this never fails.
set -uo pipefail

[[ -x /usr/sbin/dockerd && -x /bin/busybox ]] && exit 0
if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
    echo "tests/install-docker.sh: cannot be installed, and skipped by the tests: docker.io busybox-static" >&2
    exit 0
fi

export DEBIAN_FRONTEND=noninteractive
echo "Installing docker.io busybox-static"
apt=(timeout 300 apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120)
"${apt[@]}" update || true
# The package would start an engine at once; where there is no such file yet, one for the time of the installation keeps it from that.
policy=/usr/sbin/policy-rc.d
made=
if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && made=1
fi
"${apt[@]}" install -y --no-install-recommends docker.io busybox-static >/dev/null ||
    echo "tests/install-docker.sh: cannot be installed, and skipped by the tests: docker.io busybox-static" >&2
[[ -n $made ]] && rm -f "$policy"
exit 0
