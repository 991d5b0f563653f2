#!/usr/bin/env bash
# Puts moto, the emulator of AWS that the end-to-end tests speak to, into a folder of its own and prints the folder.
# Its dependencies are Debian's packages of this release; moto itself is of the next release, fetched through a private
# view of the package sources, so that nothing else is ever taken from there. A second run finds it and does nothing.
set -euo pipefail
folder=${MOTO_FOLDER:-${XDG_CACHE_HOME:-$HOME/.cache}/credbroker-tests/moto}

cannot() {
    echo "tests/install-moto.sh: $1; the tests with moto will be skipped" >&2
    exit 2
}

works() { PYTHONPATH=$1/usr/lib/python3/dist-packages /usr/bin/python3 -c 'import moto.server' >/dev/null 2>&1; }

if works "$folder"; then
    echo "$folder"
    exit
fi

release=$(. /etc/os-release && echo "${VERSION_CODENAME:-unknown}")
command -v apt-get >/dev/null && [[ $release == bookworm ]] || cannot "moto is missing, and is installed by itself on Debian 12 only: install python3-moto 5"
echo "Installing moto" >&2
export DEBIAN_FRONTEND=noninteractive
view=$(mktemp -d)
trap 'rm -rf "$view"' EXIT
apt=(apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20)
run() { "$@" >"$view/log" 2>&1 </dev/null; }
said() { tail -n 1 "$view/log"; }

if [[ $(id -u) -eq 0 ]]; then
    run "${apt[@]}" update || cannot "the package lists cannot be had: $(said)"
    run "${apt[@]}" install -y --no-install-recommends python3 python3-antlr4 python3-boto3 python3-botocore python3-cryptography python3-dateutil python3-flask \
        python3-flask-cors python3-jinja2 python3-requests python3-responses python3-werkzeug python3-xmltodict python3-yaml || cannot "moto's dependencies cannot be installed: $(said)"
fi

# The system's own sources with the next release's name, in a folder that goes away.
mkdir -p "$view/sources" "$view/lists/partial" "$view/cache/archives/partial" "$view/moto"
rename() { sed -e "s/\b$release-updates\b//g" -e "s/\b$release\b/trixie/g"; }
if [[ -f /etc/apt/sources.list ]]; then sed /security/d /etc/apt/sources.list | rename >"$view/sources/system.list"; fi
if [[ -f /etc/apt/sources.list.d/debian.sources ]]; then
    awk 'BEGIN { RS = ""; ORS = "\n\n" } !/security/' /etc/apt/sources.list.d/debian.sources | rename >"$view/sources/debian.sources"
fi
printf 'Package: *\nPin: release n=trixie\nPin-Priority: 100\n' >"$view/preferences"
private=("${apt[@]}" -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$view/sources" -o "Dir::Etc::preferences=$view/preferences"
    -o "Dir::State::lists=$view/lists" -o "Dir::Cache=$view/cache" -o APT::Sandbox::User="$(id -un)")
run "${private[@]}" update || cannot "the next release's package lists cannot be had: $(said)"
cd "$view"
run "${private[@]}" download python3-moto/trixie || cannot "moto cannot be had: $(said)"
dpkg -x python3-moto_*.deb moto
cd - >/dev/null
works "$view/moto" || cannot "moto was fetched and does not start: are its dependencies installed (this script installs them as root)?"
mkdir -p "$(dirname "$folder")"
rm -rf "$folder"
mv "$view/moto" "$folder"
echo "$folder"
