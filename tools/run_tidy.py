#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy over the project's sources and remembers which were clean.

A source is looked at again when it, a header of ours that it includes, the rules, its command or the tool
changed. Sources changed since the merge base (or the last commit) come first; with --budget, no new source is
begun after so many seconds, and the number left over is printed.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

TOOL = "clang-tidy-19"
ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def cache_folder():
    cache = os.environ.get("MATOME_CACHE")
    if not cache:
        cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "matome"
    folder = pathlib.Path(cache) / "tidy"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def own_files(source, seen):
    """`source` and all headers of ours that it includes, directly or not."""
    if source in seen or not source.is_file():
        return
    seen.add(source)
    for name in INCLUDE.findall(source.read_text()):
        for folder in (ROOT / "src", ROOT, source.parent):
            own_files(folder / name, seen)


def key_of(entry, common):
    digest = hashlib.sha256(common)
    command = entry.get("command") or shlex.join(entry["arguments"])
    digest.update(command.replace(str(ROOT), "").encode())
    files = set()
    own_files(pathlib.Path(entry["file"]), files)
    for file in sorted(files):
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def git(*words):
    run = subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, check=False)
    return run.stdout.split("\n") if run.returncode == 0 else []


def changed_files():
    """Names changed since the merge base with the published branch, or in the last commit, and uncommitted."""
    head = git("rev-parse", "HEAD")[:1]
    base = [b for b in git("merge-base", "HEAD", "origin/HEAD")[:1] if b and [b] != head] or ["HEAD~1"]
    return set(git("diff", "--name-only", base[0])) | set(git("ls-files", "--others", "--exclude-standard"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, help="a configured build folder")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--changed", action="store_true", help="only sources that changed, or include what changed")
    parser.add_argument("--budget", type=float, default=float("inf"), metavar="SECONDS")
    arguments = parser.parse_args()

    version = subprocess.run([TOOL, "--version"], capture_output=True, check=True).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes()
    cache, changed = cache_folder(), changed_files()
    pending, clean = [], 0
    for entry in json.loads((pathlib.Path(arguments.build) / "compile_commands.json").read_text()):
        file = pathlib.Path(entry["file"])
        if not file.is_relative_to(ROOT) or file.is_relative_to(ROOT / "cmake"):
            continue
        stamp = cache / key_of(entry, common)
        seen = set()
        own_files(file, seen)
        touched = any(str(each.relative_to(ROOT)) in changed for each in seen)
        if arguments.changed and not touched:
            continue
        if stamp.exists():
            clean += 1
        else:
            pending.append((not touched, str(file), stamp))
    pending.sort()

    started, failed, left = time.monotonic(), [], []

    def look(file, stamp):
        if time.monotonic() - started > arguments.budget:
            left.append(file)
            return
        run = subprocess.run([TOOL, "--quiet", "-p", arguments.build, file], capture_output=True, text=True,
                             check=False)
        if run.returncode == 0:
            stamp.touch()
        else:
            failed.append(file)
            print(run.stdout + (run.stderr if not run.stdout else ""), flush=True)

    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(lambda job: look(job[1], job[2]), pending))
    print(f"clang-tidy: {clean} sources were clean before, {len(pending) - len(left)} looked at now, "
          f"{len(failed)} with findings, {len(left)} left for another run")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
