#!/usr/bin/env bash
# Passes the output of `cargo test` on, and adds one line with the sum over all test programs: the last of them may be
# one without a test. With pipefail, a failure of `cargo test` stays one.
set -euo pipefail

awk '
    { print; fflush() }
    /^test result: / { passed += $4; failed += $6; ignored += $8 }
    END { printf "\n%d passed, %d failed, %d skipped\n", passed, failed, ignored }
'
