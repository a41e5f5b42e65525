#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs Python with the pinned packages of tools/python/<NAME>.txt:
#
#   tools/python_with.sh NAME [ARGUMENT OF PYTHON]...
#
# They are fetched once, verified, and kept in the cache folder of tools/bootstrap.sh; nothing is installed
# in the user's Python. Without arguments it only fetches.
set -euo pipefail

name=$1
shift
list=$(dirname "${BASH_SOURCE[0]}")/python/$name.txt
cache=${MATOME_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/matome}
folder=$cache/python-$name-$(sha256sum "$list" | cut -c -12)

# The lists pin files for Python 3.11, which is Debian 12's own.
find_python() {
  local python
  for python in /usr/bin/python3 python3.11 python3; do
    [[ $("$python" -c 'import sys; print(*sys.version_info[:2])' 2>/dev/null) == '3 11' ]] || continue
    [[ -d $folder ]] || "$python" -m pip --version >/dev/null 2>&1 || continue
    echo "$python"
    return
  done
  echo "python_with: needs Python 3.11 with pip; Debian calls them python3 and python3-pip" >&2
  return 1
}
python=$(find_python)

if [[ ! -d $folder ]]; then
  echo "python_with: fetching the packages of $list into $folder" >&2
  mkdir -p "$cache"
  temporary=$(mktemp -d "$cache/.python.XXXXXX")
  trap 'rm -rf "$temporary"' EXIT
  "$python" -m pip install --quiet --disable-pip-version-check --no-input --no-warn-script-location --root-user-action=ignore \
    --only-binary=:all: --no-deps --require-hashes --target "$temporary/packages" \
    --requirement "$list" >&2
  # Another run may have been quicker; its result is the same.
  mv -T "$temporary/packages" "$folder" 2>/dev/null || [[ -d $folder ]]
  rm -rf "$temporary"
  trap - EXIT
fi
(($#)) || exit 0
PYTHONPATH=$folder PYTHONDONTWRITEBYTECODE=1 exec "$python" "$@"
