#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A month of synthetic usage, generated and summarised: tools/demo.sh PROGRAM FOLDER
set -euo pipefail
program=$1 folder=$2

run() { printf '\n$ %s\n' "$*"; "$@"; }

rm -rf "$folder"
mkdir -p "$folder"
run "$program" generate --profile small --month 2026-10 --seed 1 --output "$folder/lake"
run "$program" summarize "$folder/lake" --all-sources --month 2026-10 --output "$folder/summary" \
  --tag-keys app,env

days=$(find "$folder/summary" -name 'part-0.parquet' | wc -l)
printf '\nThe summary: %s day files of Parquet, %s, below\n  %s\n' "$days" \
  "$(du -sh "$folder/summary" | cut -f1)" "$folder/summary/reporting_ocpusagelineitem_daily_summary"
printf 'Read them with whatever reads Parquet, or run the line above with --format csv and another --output.\n'
((days > 0))
