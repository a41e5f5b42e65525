#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-format on all C++ sources: in place, or with --check only a complaint.
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t files < <(git ls-files --cached --others --exclude-standard -- '*.h' '*.cc' |
  while read -r file; do [[ -e $file ]] && echo "$file"; done)
((${#files[@]})) || exit 0
case ${1-} in
  --check) clang-format-19 --dry-run -Werror "${files[@]}" && echo "${#files[@]} files are formatted" ;;
  '') clang-format-19 -i "${files[@]}" ;;
  *) echo "unknown option: $1" >&2; exit 2 ;;
esac
