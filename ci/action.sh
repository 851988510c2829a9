#!/usr/bin/env bash
# What the action does (action.yml): `install` builds the program of this very version, `run` plays a fixture or merges.
# The inputs come as environment variables, never as text of a script.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
place=${RUNNER_TEMP:?the runner names a folder for what a job leaves}/sigconform

install() {
    cargo install --quiet --locked --path "$here/../harness" --root "$place"
}

run() {
    local system results=$place/results
    local -a words=() options=()
    case "$(uname -s)" in Linux) system=linux ;; Darwin) system=macos ;; *) system=other ;; esac
    if [[ " ${PLATFORMS:-linux macos} " != *" $system "* ]]; then
        echo "::notice title=sigconform::nothing to do on $system: the platforms are ${PLATFORMS:-}"
        return
    fi
    mkdir -p "$results"
    echo "results=$results" >>"${GITHUB_OUTPUT:?}"
    options=(--json "$results/results.json" --junit "$results/junit.xml" --html "$results/page.html" --github always)
    if [ -n "${MERGE:-}" ]; then
        while IFS= read -r -d '' file; do words+=("$file"); done < <(find "$MERGE" -name results.json -print0 | sort -z)
        [ "${#words[@]}" -gt 0 ] || { echo "::error title=sigconform::no results.json below $MERGE"; return 2; }
        "$place/bin/sigconform" merge "${options[@]}" "${words[@]}"
        return
    fi
    [ -n "${FIXTURE:-}" ] || { echo "::error title=sigconform::give the input fixture, or merge"; return 2; }
    # The author of the workflow writes a command line, quotes and all.
    eval "words=($FIXTURE)"
    # Patterns, not files.
    set -f
    for scenario in ${SCENARIOS:-}; do options+=(--scenario "$scenario"); done
    set +f
    [ -z "${PARTITION:-}" ] || options+=(--partition "$PARTITION")
    [ -z "${EXPECTATIONS:-}" ] || options+=(--expectations "$EXPECTATIONS")
    "$place/bin/sigconform" run "${options[@]}" -- "${words[@]}"
}

"$1"
