#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whole runs against rivals: bench/run.sh [BUILD] [OPTION OF run.py]...
set -euo pipefail
exec python3 "$(dirname "${BASH_SOURCE[0]}")/run.py" "$@"
