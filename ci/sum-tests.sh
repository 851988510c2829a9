#!/usr/bin/env bash
# Passes the output of `cargo test` on, and adds one line with the sum over all test programs: the last of them may be
# one without a test. What could not be tested on this machine is said once more before it. With pipefail, a failure of
# `cargo test` stays one.
set -euo pipefail

awk '
    { print; fflush() }
    /^test result: / { passed += $4; failed += $6; ignored += $8 }
    match($0, /not tested here: .*/) && !seen[substr($0, RSTART)]++ { left[++lefts] = substr($0, RSTART) }
    END {
        print ""
        for (i = 1; i <= lefts; i++) print left[i]
        printf "%d passed, %d failed, %d skipped\n", passed, failed, ignored
    }
'
