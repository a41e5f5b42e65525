#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs each fuzzer of a build for a while: tools/fuzz.sh BUILD SECONDS
#
# Finds are kept: a corpus in BUILD/corpus/<fuzzer>, inputs that fail in BUILD/findings/. Seeds come from
# the folder <fuzzer>_corpus beside the source, where there is one. To replay: BUILD/<fuzzer> <input>.
set -uo pipefail
build=$1 seconds=$2
export build seconds

run_one() {
  local program=$1 name log status
  name=$(basename "$program")
  mkdir -p "$build/corpus/$name" "$build/findings"
  log=$build/findings/$name.log
  # The wall clock is a guard only; libFuzzer ends by itself.
  timeout $((seconds + 120)) "$program" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 \
    -print_final_stats=1 -artifact_prefix="$build/findings/$name-" \
    "$build/corpus/$name" $(find src tests -type d -name "${name}_corpus" 2>/dev/null) >"$log" 2>&1
  status=$?
  printf '%s: %s\n' "$name" "$(grep -E '^Done [0-9]+ runs' "$log" || echo 'did not finish')"
  if ((status)); then
    tail -n 60 "$log"
    printf '%s: FAILED (exit %d), see %s\n' "$name" "$status" "$log"
    return 255
  fi
}
export -f run_one

mapfile -t programs < <(find "$build" -maxdepth 1 -name '*_fuzzer' -type f -perm -u+x | sort)
((${#programs[@]})) || { echo "no fuzzers in $build"; exit 0; }
printf '%s\0' "${programs[@]}" | xargs -0 -n 1 -P "${JOBS:-$(nproc)}" bash -c 'run_one "$0"'
