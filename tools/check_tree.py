#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on a file that breaks a habit a formatter does not see: too long, no licence line, loose ends.

usage: check_tree.py ROOT
"""
import pathlib
import subprocess
import sys

MAX_LINES = 600
CODE = {".h", ".cc", ".py", ".sh", ".cmake"}
TEXT = CODE | {".md", ".txt", ".json", ".yaml", ".yml", ".case", ".config"}


def check(root, names):
    problems = []
    for name in names:
        file = root / name
        if not file.is_file() or (file.suffix not in TEXT and file.name != "Makefile"):
            continue
        try:
            text = file.read_text()
        except UnicodeDecodeError:
            problems.append(f"{name}: not UTF-8")
            continue
        lines = text.splitlines()
        code = file.suffix in CODE or file.name in {"Makefile", "CMakeLists.txt"}
        if code and len(lines) > MAX_LINES:
            problems.append(f"{name}: {len(lines)} lines, more than {MAX_LINES}: split it")
        if code and not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:3]):
            problems.append(f"{name}:1: no licence line (SPDX-License-Identifier: Apache-2.0)")
        if file.suffix == ".h" and "#pragma once" not in lines:
            problems.append(f"{name}: no #pragma once")
        if text and not text.endswith("\n"):
            problems.append(f"{name}: no newline at the end")
        if code:
            problems += [f"{name}:{number}: space at the end of the line"
                         for number, line in enumerate(lines, 1) if line != line.rstrip()]
    return problems


def main():
    root = pathlib.Path(sys.argv[1])
    listed = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, text=True, check=True)
    names = sorted(set(filter(None, listed.stdout.split("\0"))))
    if problems := check(root, names):
        sys.exit("\n".join(problems))
    print(f"{len(names)} files are in order")


if __name__ == "__main__":
    main()
