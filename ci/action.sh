#!/usr/bin/env bash
# What the action does (action.yml): `install` builds the program of this very version, `run` plays a fixture or merges.
# The inputs come as environment variables, never as text of a script, and none is evaluated: whoever names a branch or opens
# a pull request may have had a hand in one.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
place=${RUNNER_TEMP:?the runner names a folder for what a job leaves}/sigconform

# A line that GitHub shows; a line end in it would begin a command of somebody else's.
# https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
say() {
    local text=$2
    text=${text//'%'/%25}
    text=${text//$'\r'/%0D}
    text=${text//$'\n'/%0A}
    printf '::%s title=sigconform::%s\n' "$1" "$text"
}

refuse() {
    say error "$1"
    exit 2
}

install() {
    # From here: a rust-toolchain file, a .cargo/config.toml and the flags of a job are about the adopter's code, not ours.
    cd "$here/.."
    env -u CARGO_BUILD_TARGET -u CARGO_ENCODED_RUSTFLAGS -u RUSTFLAGS \
        cargo install --quiet --locked --path harness --root "$place" --target-dir "$place/build"
}

# The words of a command line, each with a NUL behind it: blanks and line ends part them, and quotes and backslashes keep them
# together as xargs(1) has it. Nothing else means anything. (POSIX.1-2024, xargs, INPUT FILES.)
split() {
    xargs -E '' printf '%s\0' 2>/dev/null <<<"$1"
}

run() {
    local system results=$place/results word is_here=
    local -a words=() options=()
    case "$(uname -s)" in Linux) system=linux ;; Darwin) system=macos ;; FreeBSD) system=freebsd ;; *) system=other ;; esac
    # Words, not patterns of files.
    set -f
    for word in ${PLATFORMS:-linux macos}; do
        case $word in
            "$system") is_here=yes ;;
            linux | macos | freebsd | windows) ;;
            # A system that is misspelt would be left out, and look like one that passed.
            *) refuse "there is no platform \`$word\`: write linux, macos, freebsd or windows, with blanks between them" ;;
        esac
    done
    if [ -z "$is_here" ]; then
        say notice "nothing to do on $system: the platforms are ${PLATFORMS:-}"
        return
    fi
    rm -rf -- "$results"
    mkdir -p -- "$results"
    printf 'results=%s\n' "$results" >>"${GITHUB_OUTPUT:?}"
    options=("--json=$results/results.json" "--junit=$results/junit.xml" "--html=$results/page.html" --github=always)
    if [ -n "${MERGE:-}" ]; then
        # A path that begins with a hyphen would be an option.
        case $MERGE in /*) ;; *) MERGE=./$MERGE ;; esac
        [ -d "$MERGE" ] || refuse "there is no folder $MERGE to merge the results of"
        find "$MERGE/" -name results.json -print0 | sort -z >"$place/words"
        while IFS= read -r -d '' word; do words+=("$word"); done <"$place/words"
        [ "${#words[@]}" -gt 0 ] || refuse "no results.json below $MERGE"
        "$place/bin/sigconform" merge "${options[@]}" -- "${words[@]}"
        return
    fi
    [[ ${FIXTURE:-} == *[![:space:]]* ]] || refuse "give the input fixture, or merge"
    split "$FIXTURE" >"$place/words" || refuse "a quote in the input fixture has no end on its line: $FIXTURE"
    while IFS= read -r -d '' word; do words+=("$word"); done <"$place/words"
    for word in ${SCENARIOS:-}; do options+=("--scenario=$word"); done
    [ -z "${PARTITION:-}" ] || options+=("--partition=$PARTITION")
    [ -z "${EXPECTATIONS:-}" ] || options+=("--expectations=$EXPECTATIONS")
    "$place/bin/sigconform" run "${options[@]}" -- "${words[@]}"
}

case ${1:-} in
    install | run) "$1" ;;
    *) refuse "usage: action.sh install|run" ;;
esac
