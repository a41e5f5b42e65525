#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# All that CI runs, suite by suite, each with a time budget of its own. A suite that fails or takes too
# long does not stop the others; its log is shown. Logs: build/check/<suite>.log
#
#   tools/check.sh            everything
#   tools/check.sh NAME...    only these suites
set -uo pipefail
cd "$(dirname "$0")/.."

jobs=${JOBS:-$(nproc)}
logs=build/check
only=" $* "
failed=()
summary=()
closing=()
mkdir -p "$logs"
rm -f "$logs"/*.log
started=$SECONDS

# suite NAME BUDGET_SECONDS COMMAND [ARGUMENT...]; of its log, the last $shown lines are shown
shown=3
suite() {
  local name=$1 budget=$2 began=$SECONDS status line
  shift 2
  [[ $only == "  " || $only == *" $name "* ]] || return 0
  printf '== %s (at most %d s)\n' "$name" "$budget"
  timeout --kill-after=20 "$budget" "$@" >"$logs/$name.log" 2>&1 </dev/null
  status=$?
  line=$(printf '%-10s %-8s %5d s of %d s' "$name" "$( ((status)) && echo FAILED || echo ok)" \
    $((SECONDS - began)) "$budget")
  if ((status)); then
    tail -n 150 "$logs/$name.log"
    ((status == 124 || status == 137)) && line+='   out of time'
    failed+=("$name")
  else
    tail -n "$shown" "$logs/$name.log"
  fi
  printf '== %s\n\n' "$line"
  summary+=("$line")
  if line=$(grep -E '^[0-9]+% tests passed, [0-9]+ tests? failed out of [0-9]+' "$logs/$name.log"); then
    closing+=("$line   ($name)")
  fi
}

# build PRESET [TARGET...]: configures where needed and builds.
build() {
  local preset=$1
  shift
  cmake --preset "$preset" && cmake --build "build/$preset" -j "$jobs" ${1+--target "$@"}
}
run_tests() { ctest --no-tests=error --output-on-failure -j "$jobs" --test-dir "$@"; }
layers() { python3 -B tools/check_layers.py src && python3 -B tools/check_tree.py .; }
dev() { build dev && run_tests build/dev -L 'unit|case|e2e'; }
tsan() {
  # What has threads of its own, and the ways to run that differ in how work is dealt to them.
  build tsan matome_cases matome_{pg,pipeline,s3,sink}_test &&
    run_tests build/tsan -R "^(cases[.](default|files_of_1|threads_4|tiny_memory)|matome_(pg|pipeline|s3|sink)_test)\$"
}
hash_zero() { build hash-zero matome_cases && run_tests build/hash-zero -L case; }
tidy() { cmake --preset tidy && tools/run_tidy.py --build build/tidy --jobs "$jobs" --changed --budget 600; }
fuzz() { build fuzz matome_fuzzers && JOBS=$jobs tools/fuzz.sh build/fuzz "${FUZZ_SECONDS:-20}"; }
seeds() { MATOME_SEEDS=2000 run_tests build/release -L differential; }

# What a new user does first, on what is committed: clone, and `make demo`.
clone() {
  # Not local: the trap runs after this function.
  folder=$(mktemp -d) || return
  trap 'rm -rf "$folder"' EXIT
  git clone --quiet . "$folder/matome" && make -C "$folder/matome" demo JOBS="$jobs" || return
  if [[ -n $(git -C "$folder/matome" status --porcelain) ]]; then
    git -C "$folder/matome" status --short
    echo 'make demo left files that git does not ignore'
    return 1
  fi
}

# CI may run as another user than the checkout's owner.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
export jobs
export -f build run_tests layers dev tsan hash_zero tidy fuzz seeds clone

suite format     60 tools/format.sh --check
suite layers     60 bash -c layers
suite build    1500 bash -c 'build release all matome_benchmarks'
suite test      900 bash -c 'run_tests build/release'
suite dev      1500 bash -c dev
suite tsan      900 bash -c tsan
suite hash-zero 900 bash -c hash_zero
suite tidy      720 bash -c tidy
suite fuzz      900 bash -c fuzz
suite seeds     600 bash -c seeds
shown=60 suite clone 900 bash -c clone

printf '\n'
printf '%s\n' "${summary[@]}"
printf '%-10s %-8s %5d s\n' all "$( ((${#failed[@]})) && echo FAILED || echo ok)" $((SECONDS - started))
printf '\n'
((${#closing[@]})) && printf '%s\n' "${closing[@]}"
((${#failed[@]} == 0))
