#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails when a module includes another that its DEPS do not name, or a foreign library outside its folder.

usage: check_layers.py SRC
"""
import pathlib
import re
import sys

# To every module but each other; these three state their own DEPS.
OPEN = {"base", "observe", "model"}
# Foreign headers that belong to some folders alone.
FOREIGN = {
    r"(arrow|parquet)/": {"arrow_io"},
    r"libpq-fe\.h|libpq/": {"pg"},
    r"curl/|pugi(xml|config)\.hpp": {"s3"},
    r"archive(_entry)?\.h|z(lib|conf)\.h": {"ingest"},
    r"CLI/": {"cli"},
    r"yaml-cpp/": {"config"},
    r"simdjson(\.h|/)": {"base", "labels"},
}
KEYWORDS = {"DEPS", "LIBS", "SOURCES", "TESTS", "TEST_DEPS", "TEST_LIBS", "BENCHMARKS", "FUZZERS"}
TEST_SUFFIXES = ("_test", "_benchmark", "_fuzzer")


def read_arguments(cmake_text):
    """The words of matome_add_module() by keyword, or None if the file does not call it."""
    text = re.sub(r"#.*", "", cmake_text)
    call = re.search(r"matome_add_module\s*\(([^)]*)\)", text)
    if not call:
        return None
    arguments = {keyword: set() for keyword in KEYWORDS}
    keyword = None
    for word in call[1].split()[1:]:
        if word in KEYWORDS:
            keyword = word
        elif keyword:
            arguments[keyword].add(word)
    return arguments


def find_cycle(deps):
    """A list of modules that depend on each other in a ring, or None."""
    done, path = set(), []

    def visit(module):
        if module in path:
            return path[path.index(module):] + [module]
        if module in done:
            return None
        path.append(module)
        for dep in sorted(deps.get(module, ())):
            if cycle := visit(dep):
                return cycle
        path.pop()
        done.add(module)
        return None

    for module in sorted(deps):
        if cycle := visit(module):
            return cycle
    return None


def check(src):
    """The problems below folder `src`, one text each."""
    deps, test_deps, problems = {}, {}, []
    for cmake in sorted(src.glob("*/CMakeLists.txt")):
        module = cmake.parent.name
        arguments = read_arguments(cmake.read_text())
        if arguments is None:
            problems.append(f"{cmake}: does not call matome_add_module()")
            arguments = {keyword: set() for keyword in KEYWORDS}
        deps[module] = arguments["DEPS"]
        test_deps[module] = arguments["TEST_DEPS"]
        listed = set().union(*(arguments[k] for k in ("SOURCES", "TESTS", "BENCHMARKS", "FUZZERS")))
        listed |= set(re.findall(r"[\w/.]+\.cc\b", re.sub(r"#.*", "", cmake.read_text())))
        for source in sorted(cmake.parent.rglob("*.cc")):
            if str(source.relative_to(cmake.parent)) not in listed:
                problems.append(f"{source}: no target in {cmake} lists it")

    if cycle := find_cycle(deps):
        problems.append(f"{src}: modules depend on each other: {' -> '.join(cycle)}")

    for file in sorted(p for p in src.rglob("*") if p.suffix in {".h", ".cc"}):
        module = file.relative_to(src).parts[0]
        allowed = {module} | deps.get(module, set()) | (set() if module in OPEN else OPEN)
        if file.stem.endswith(TEST_SUFFIXES):
            allowed |= {"testing"} | test_deps.get(module, set())
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if not (include := re.match(r'\s*#\s*include\s*[<"]([^>"]+)', line)):
                continue
            target = include[1].split("/")[0]
            if target in deps and "/" in include[1] and target not in allowed:
                problems.append(f"{file}:{number}: {module} may not include {target}")
            for pattern, homes in FOREIGN.items():
                if re.match(pattern, include[1]) and module not in homes:
                    home = " and ".join(sorted(homes))
                    problems.append(f"{file}:{number}: only {home} may include {include[1]}")
    return problems


if __name__ == "__main__":
    sys.exit("\n".join(check(pathlib.Path(sys.argv[1]))) or 0)
