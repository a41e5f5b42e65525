#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the micro-benchmarks of a build, then the whole-run measurements of bench/: tools/bench.sh BUILD
set -euo pipefail
build=$1

find "$build" -maxdepth 1 -name '*_benchmark' -type f -perm -u+x | sort | while read -r program; do
  printf '\n== %s\n' "$(basename "$program")"
  "$program" --benchmark_min_time=0.2
done
if [[ -x bench/run.sh ]]; then
  printf '\n== whole runs\n'
  bench/run.sh "$build"
fi
