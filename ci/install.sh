#!/usr/bin/env bash
# Installs what a machine lacks to build and check sigconform, beyond Rust itself: a C linker, python3 with its venv
# module (for the Python fixtures and the linters), Chromium (for the tests of the HTML page), rustfmt and clippy. What is
# there is left alone, so a second run does nothing. Everything else is downloaded into the target directory by `cargo
# xtask` itself.
set -euo pipefail

has() { command -v "$1" >/dev/null 2>&1; }

say() { printf 'ci/install.sh: %s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_with_apt() {
    say "installing $* with apt-get"
    as_root apt-get -qq -o Acquire::Retries=3 update </dev/null
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 install --no-install-recommends "$@" </dev/null >/dev/null
}

# Debian splits venv's installer from python3, so the module alone says nothing.
has_chromium() { has chromium || has chromium-browser || has google-chrome-stable || has chrome; }
has_python() { has python3 && python3 -c 'import ensurepip, venv' >/dev/null 2>&1; }

case "$(uname -s)" in
Linux)
    missing=()
    has cc || missing+=(gcc libc6-dev)
    has_python || missing+=(python3 python3-venv)
    has_chromium || missing+=(chromium)
    if [ "${#missing[@]}" -gt 0 ]; then
        has apt-get || { say "missing: ${missing[*]}; install them with this system's package manager"; exit 1; }
        install_with_apt "${missing[@]}"
    fi
    ;;
Darwin)
    has cc || { say "missing: a C linker; run xcode-select --install"; exit 1; }
    if ! has_python; then
        has brew || { say "missing: python3; install it, or Homebrew"; exit 1; }
        say "installing python3 with brew"
        brew install --quiet python3 </dev/null
    fi
    ;;
esac

has cargo || { say "missing: cargo; install Rust 1.88 or newer"; exit 1; }
for component in rustfmt clippy; do
    if ! has "cargo-${component/rustfmt/fmt}" || ! "cargo-${component/rustfmt/fmt}" --version >/dev/null 2>&1; then
        has rustup || { say "missing: $component; install the package that has it"; exit 1; }
        say "adding the Rust component $component"
        rustup --quiet component add "$component" </dev/null
    fi
done

has_python || { say "python3 is there, but not its modules venv and ensurepip"; exit 1; }
say "everything is there"
