#!/usr/bin/env bash
# Installs what the tests need, builds, runs every test project and ends with one line: N passed, N failed, N skipped.
# Arguments go to `dotnet test`, for example: tests/run.sh --filter FullyQualifiedName~Postgres
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
# A build node that outlives this script would keep a caller's pipe open.
export MSBUILDDISABLENODEREUSE=1

missing() {
    echo "tests/run.sh: $1" >&2
    exit 2
}

has_postgres() {
    local folders=(/usr/lib/postgresql/*/bin)
    command -v pg_config >/dev/null && folders+=("$(pg_config --bindir)")
    local folder
    for folder in "${folders[@]}"; do
        [[ -x $folder/initdb && -x $folder/postgres && -x $folder/pgbench ]] && return 0
    done
    return 1
}

install_postgres() {
    [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null ||
        missing "PostgreSQL 15 is missing (initdb, postgres, pgbench). Install the package postgresql-15, or run this script as root on Debian."
    export DEBIAN_FRONTEND=noninteractive
    local apt=(apt-get -qq -o Dpkg::Use-Pty=0)
    echo "Installing postgresql-15"
    "${apt[@]}" update
    # The tests start servers of their own; the package is kept from creating and starting one, unless this machine
    # already has an opinion about that.
    if ! dpkg -s postgresql-common >/dev/null 2>&1; then
        "${apt[@]}" install -y --no-install-recommends postgresql-common >/dev/null
        sed -ri 's/^#?\s*create_main_cluster\s*=.*$/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
    fi
    "${apt[@]}" install -y --no-install-recommends postgresql-15 >/dev/null
}

command -v dotnet >/dev/null || missing "the .NET SDK is missing; Directory.Build.props names the version."
has_postgres || install_postgres
has_postgres || missing "PostgreSQL was installed but its programs were not found."
# What cannot be had is told as skipped, by name.
bash tests/install-clients.sh
bash tests/install-browser.sh
bash tests/install-docker.sh
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
if MOTO_FOLDER=$(bash tests/install-moto.sh); then export MOTO_FOLDER; else unset MOTO_FOLDER; fi

if [[ -n ${CI:-} ]]; then
    dotnet restore CredentialBroker.sln --locked-mode -v q
else
    dotnet restore CredentialBroker.sln -v q
fi
output=$(mktemp)
cleared() {
    rm -f "$output"
    # A person's own compiler goes on.
    [[ -z ${CI:-} ]] || dotnet build-server shutdown --vbcscompiler >/dev/null 2>&1 || true
}
trap cleared EXIT

# One compiler for all projects: it is warm after the first.
dotnet build CredentialBroker.sln -c Release --no-restore -v q -nr:false


# One project after another (-m:1): both start servers and measure time limits, and share the cores.
status=0
dotnet test CredentialBroker.sln -c Release --no-build -m:1 -tl:off --logger 'console;verbosity=minimal' "$@" 2>&1 |
    tee "$output" || status=$?

# Each project ends with: Passed!  - Failed:     0, Passed:    12, Skipped:     0, Total:    12, Duration: ...
read -r passed failed skipped < <(awk '
    /^(Passed|Failed|Skipped)! +- Failed: +[0-9]+, Passed: +[0-9]+, Skipped: +[0-9]+,/ {
        gsub(/[,:]/, " ")
        for (i = 1; i < NF; i++) {
            if ($i == "Failed" && $(i + 1) ~ /^[0-9]+$/) failed += $(i + 1)
            if ($i == "Passed" && $(i + 1) ~ /^[0-9]+$/) passed += $(i + 1)
            if ($i == "Skipped" && $(i + 1) ~ /^[0-9]+$/) skipped += $(i + 1)
        }
    }
    END { print passed + 0, failed + 0, skipped + 0 }' "$output")

# A run that proves nothing, or that was cut short, is no success.
if ((status == 0 && (failed > 0 || passed == 0))); then
    status=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"
