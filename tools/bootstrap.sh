#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs what building matome needs and this machine lacks: Debian packages, and Arrow C++ unpacked
# into a cache folder. Does nothing, quickly, when nothing is missing.
#
#   tools/bootstrap.sh                to build
#   tools/bootstrap.sh --servers      to test and measure, too: MinIO, built from its sources
#   tools/bootstrap.sh --check-tools  also what `make check`, `format`, `tidy` and `fuzz` need
#
# MATOME_CACHE         the cache folder, else ${XDG_CACHE_HOME:-~/.cache}/matome
# MATOME_SYSTEM_ARROW  set to 1 when an Arrow 20 or newer with CMake files is installed: none is unpacked
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache mold pkg-config python3 python3-pip
  libabsl-dev libarchive-dev libbenchmark-dev libcli11-dev libcurl4-openssl-dev libfmt-dev libgmock-dev libgtest-dev
  libpq-dev libpugixml-dev libsimdjson-dev libxxhash-dev libyaml-cpp-dev nlohmann-json3-dev openssl
  postgresql-15 zlib1g-dev
)
check_packages=(clang-19 clang-format-19 clang-tidy-19 libclang-rt-19-dev valgrind)

arrow_version=26.0.1
arrow_sha256_x86_64=39cb0f2418282c24bea6ceda77b03e5a8f0a5766b63a8bf194d4e2a2c423548c
arrow_sha256_aarch64=22a96a225de107eb9acd1ad9a818198ca832df2a4c0952412f754a7ed2105a98

say() { printf 'bootstrap: %s\n' "$*"; }
die() { printf 'bootstrap: %s\n' "$*" >&2; exit 1; }

# Debian packages: install_packages NAME...
install_packages() {
  local missing=() package
  local installed
  installed=" $(dpkg-query -W -f '${Package}/${db:Status-Status} ' "$@" 2>/dev/null || true)"
  for package in "$@"; do
    [[ $installed == *" $package/installed "* ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0

  local root=()
  if ((EUID != 0)); then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
      root=(sudo)
    elif command -v sudo >/dev/null && [[ -t 0 ]] && sudo -v; then
      root=(sudo)
    else
      die "these Debian packages are missing, and installing them needs root. Please run:

  apt-get update && apt-get install --no-install-recommends -y ${missing[*]}
"
    fi
  fi
  say "installing Debian packages: ${missing[*]}"
  # The tests start servers of their own; the package would make and start one for the machine.
  local no_cluster=/etc/postgresql-common/createcluster.d/matome.conf
  if [[ ${missing[*]} == *postgresql-15* ]]; then
    "${root[@]}" mkdir -p "${no_cluster%/*}"
    echo 'create_main_cluster = false' | "${root[@]}" tee "$no_cluster" >/dev/null
  fi
  local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update || say "apt-get update failed; trying with the package lists there are"
  "${apt[@]}" install --no-install-recommends -y "${missing[@]}" >/dev/null ||
    die "apt-get could not install: ${missing[*]}"
  if [[ -e $no_cluster ]]; then "${root[@]}" rm "$no_cluster"; fi
}

require_packages() {
  if command -v dpkg-query >/dev/null; then
    install_packages "$@"
  else
    say "no Debian packages here; if the build misses something, install what Debian calls: $*"
  fi
}

# A Python that has pip: the first of PATH, else Debian's.
python_with_pip() {
  local python
  for python in python3 /usr/bin/python3; do
    if "$python" -m pip --version >/dev/null 2>&1; then
      echo "$python"
      return
    fi
  done
  return 1
}

# Arrow C++: the headers and libraries that the Python package carries.
unpack_arrow() {
  local cache=${MATOME_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/matome}
  local folder=$cache/arrow-$arrow_version
  [[ -e $folder/include/arrow/api.h ]] && return
  [[ ${MATOME_SYSTEM_ARROW:-0} == 1 ]] && return

  local machine sha256
  machine=$(uname -m)
  case $machine in
    x86_64) sha256=$arrow_sha256_x86_64 ;;
    aarch64) sha256=$arrow_sha256_aarch64 ;;
    *) die "there is no prepared Arrow for $machine: install Arrow C++ 20 or newer, and set MATOME_SYSTEM_ARROW=1" ;;
  esac

  local python
  python=$(python_with_pip) || die "no pip here: install it for python3"

  say "unpacking Arrow C++ $arrow_version (pyarrow's, 55 MB) into $folder"
  mkdir -p "$cache"
  # Not local: the trap runs after this function.
  temporary=$(mktemp -d "$cache/.arrow.XXXXXX")
  trap 'rm -rf "$temporary"' EXIT
  "$python" -m pip download --quiet --disable-pip-version-check --no-input --no-deps --only-binary=:all: \
    --implementation cp --python-version 311 --platform "manylinux_2_28_$machine" \
    --dest "$temporary" "pyarrow==$arrow_version" || die "pip could not download pyarrow $arrow_version"
  local wheels=("$temporary"/*.whl)
  echo "$sha256  ${wheels[0]}" | sha256sum --check --quiet - ||
    die "the downloaded pyarrow $arrow_version is not the pinned one; nothing was unpacked"

  "$python" - "${wheels[0]}" "$temporary/arrow" <<'PYTHON' || die "could not unpack ${wheels[0]}"
import pathlib
import re
import shutil
import sys
import zipfile

wheel, folder = zipfile.ZipFile(sys.argv[1]), pathlib.Path(sys.argv[2])
wanted = re.compile(
    r"pyarrow/(include/(?:arrow|parquet)/(?!python/).*\.h"
    r"|(lib(?:arrow|parquet|arrow_s3)\.so\.\d+)"
    r"|(LICENSE|NOTICE)[^/]*)$|[^/]*\.dist-info/(?:licenses/)?((?:LICENSE|NOTICE)[^/]*)$")
for name in wheel.namelist():
    if not (match := wanted.match(name)):
        continue
    library, licence = match[2], match[3] or match[4]
    target = folder / (f"lib/{library}" if library else licence or match[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    with wheel.open(name) as source, target.open("wb") as out:
        shutil.copyfileobj(source, out)
    if library:
        link = target.with_name(library[: library.index(".so") + 3])
        link.unlink(missing_ok=True)
        link.symlink_to(library)
PYTHON
  # Another bootstrap may have been quicker; its result is the same.
  mv -T "$temporary/arrow" "$folder" 2>/dev/null || [[ -e $folder/include/arrow/api.h ]] ||
    die "could not move Arrow to $folder"
}

servers=false
case ${1-} in
  '') ;;
  --servers) servers=true ;;
  --check-tools) servers=true packages+=("${check_packages[@]}") ;;
  *) die "unknown option: $1" ;;
esac
require_packages "${packages[@]}"
unpack_arrow
if $servers; then "${BASH_SOURCE[0]%/*}"/minio.sh >/dev/null; fi
