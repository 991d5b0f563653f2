#!/usr/bin/env bash
# Puts moto, the emulator of AWS that the end-to-end tests speak to, into a folder of its own and prints the folder.
# Its dependencies are Debian's packages of this release; moto itself is of the next release, fetched through a private
# view of the package sources, so that nothing else is ever taken from there.
set -euo pipefail
folder=${MOTO_FOLDER:-${XDG_CACHE_HOME:-$HOME/.cache}/credbroker-tests/moto}
packages=$folder/usr/lib/python3/dist-packages

works() { PYTHONPATH=$packages /usr/bin/python3 -c 'import moto.server' >/dev/null 2>&1; }

if ! works; then
    if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
        echo "tests/install-moto.sh: moto is missing. Run this script as root on Debian, or unpack the package python3-moto and what it needs, and name the folder in MOTO_FOLDER." >&2
        exit 2
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt=(apt-get -qq -o Dpkg::Use-Pty=0)
    echo "Installing moto" >&2
    "${apt[@]}" update >&2
    "${apt[@]}" install -y --no-install-recommends python3 python3-antlr4 python3-boto3 python3-botocore python3-cryptography python3-dateutil python3-flask \
        python3-flask-cors python3-jinja2 python3-requests python3-responses python3-werkzeug python3-xmltodict python3-yaml >/dev/null

    # The system's own sources with the next release's name, in a folder that goes away.
    view=$(mktemp -d)
    trap 'rm -rf "$view"' EXIT
    mkdir -p "$view/sources" "$view/lists/partial" "$view/cache/archives/partial" "$folder"
    release=$(. /etc/os-release && echo "$VERSION_CODENAME")
    rename() { sed -e "s/\b$release-updates\b//g" -e "s/\b$release\b/trixie/g"; }
    if [[ -f /etc/apt/sources.list ]]; then sed /security/d /etc/apt/sources.list | rename >"$view/sources/sources.list"; fi
    if [[ -f /etc/apt/sources.list.d/debian.sources ]]; then
        awk 'BEGIN { RS = ""; ORS = "\n\n" } !/security/' /etc/apt/sources.list.d/debian.sources | rename >"$view/sources/debian.sources"
    fi
    printf 'Package: *\nPin: release n=trixie\nPin-Priority: 100\n' >"$view/preferences"
    private=("${apt[@]}" -o "Dir::Etc::sourcelist=$view/sources/sources.list" -o "Dir::Etc::sourceparts=$view/sources" -o "Dir::Etc::preferences=$view/preferences"
        -o "Dir::State::lists=$view/lists" -o "Dir::Cache=$view/cache" -o "APT::Sandbox::User=root")
    "${private[@]}" update >&2
    (cd "$view" && "${private[@]}" download python3-moto/trixie >&2)
    dpkg -x "$view"/python3-moto_*.deb "$folder"
    works || { echo "tests/install-moto.sh: moto was installed and does not start" >&2; exit 2; }
fi

echo "$folder"
