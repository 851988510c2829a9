#!/usr/bin/env bash
# Installs the libraries and runtimes that the fixtures are about and that cargo cannot bring: those in C, Go, Java,
# JavaScript, Perl, Python and Ruby. None of them is needed: what is missing makes cells that are skipped, with the
# line to type. What is there is left alone, so a second run does nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# One a line: the fixture's needs (fixtures/*/fixture.toml) name the same packages.
debian=(
    default-jdk-headless
    golang-go
    libanyevent-perl
    libev-dev
    libev-perl
    libevent-dev
    libglib2.0-dev
    libjansson-dev
    libsystemd-dev
    libuv1-dev
    make
    nodejs
    perl
    pkg-config
    ruby
)
homebrew=(
    glib
    go
    jansson
    libev
    libevent
    libuv
    node
    openjdk
    pkgconf
    ruby
)
# Into .tools/python, a virtual environment of the repository's own. Pinned: a fixture says which version it shows.
python=(
    trio==0.35.0
    uvloop==0.23.0
)

say() { printf 'ci/install-libraries.sh: %s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

# A runtime that stands on PATH already, from wherever, is the one that is used.
is_there() {
    case "$1" in
    default-jdk-headless | openjdk) command -v javac ;;
    golang-go | go) command -v go ;;
    make | perl | ruby) command -v "$1" ;;
    nodejs | node) command -v node ;;
    pkg-config | pkgconf) command -v pkg-config ;;
    *) dpkg-query --show --showformat='${Status}\n' "$1" 2>/dev/null | grep -x 'install ok installed' ;;
    esac >/dev/null 2>&1
}

case "$(uname -s)" in
Linux)
    missing=()
    for package in "${debian[@]}"; do is_there "$package" || missing+=("$package"); done
    if [ "${#missing[@]}" -gt 0 ] && ! command -v apt-get >/dev/null; then
        say "not Debian or a relative of it: install what is like ${missing[*]} with this system's package manager"
    elif [ "${#missing[@]}" -gt 0 ]; then
        say "installing ${missing[*]} with apt-get"
        as_root apt-get -qq -o Acquire::Retries=3 update </dev/null
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 \
            install --no-install-recommends "${missing[@]}" </dev/null >/dev/null
    fi
    ;;
Darwin)
    say "installing ${homebrew[*]} with brew"
    brew install --quiet "${homebrew[@]}" </dev/null
    ;;
esac

has_python() { .tools/python/bin/python3 -m pip freeze 2>/dev/null | grep -qixF "$1"; }

missing=()
for package in "${python[@]}"; do has_python "$package" || missing+=("$package"); done
if [ "${#missing[@]}" -gt 0 ]; then
    say "installing ${missing[*]} with pip into .tools/python"
    python3 -m venv .tools/python
    .tools/python/bin/python3 -m pip install --quiet --disable-pip-version-check "${missing[@]}" </dev/null
fi
say "everything is there"
