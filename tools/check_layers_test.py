#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of check_layers.py on small trees, good and bad."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import check_layers  # noqa: E402

GOOD = {
    "base/CMakeLists.txt": "matome_add_module(base\n  SOURCES status.cc)\n",
    "base/status.h": "#pragma once\n",
    "base/status.cc": '#include "base/status.h"\n',
    "labels/CMakeLists.txt": "matome_add_module(labels\n  SOURCES set.cc\n  TESTS set_test.cc)\n",
    "labels/set.cc": '#include <vector>\n#include "base/status.h"\n',
    "labels/set_test.cc": '#include "testing/matchers.h"\n#include <gtest/gtest.h>\n',
    "arrow_io/CMakeLists.txt": "matome_add_module(arrow_io DEPS labels  # for texts\n  LIBS matome::parquet)\n",
    "arrow_io/reader.h": '#include <parquet/file_reader.h>\n#include "labels/set.h"\n',
    "testing/CMakeLists.txt": "matome_add_module(testing)\n",
    "testing/matchers.h": "",
}


class CheckLayersTest(unittest.TestCase):
    def problems(self, changes):
        with tempfile.TemporaryDirectory() as folder:
            src = pathlib.Path(folder)
            for name, text in (GOOD | changes).items():
                (src / name).parent.mkdir(parents=True, exist_ok=True)
                (src / name).write_text(text)
            return "\n".join(check_layers.check(src))

    def test_good_tree_has_no_problem(self):
        self.assertEqual(self.problems({}), "")

    def test_include_without_dep(self):
        found = self.problems({"labels/set.cc": '\n#include "arrow_io/reader.h"\n'})
        self.assertIn("labels/set.cc:2: labels may not include arrow_io", found)

    def test_open_module_may_not_look_up(self):
        found = self.problems({"base/status.h": '#include "labels/set.h"\n'})
        self.assertIn("base may not include labels", found)

    def test_foreign_library_outside_its_folder(self):
        for header in ("<arrow/api.h>", '"parquet/types.h"', "<yaml-cpp/yaml.h>", "<CLI/CLI.hpp>"):
            with self.subTest(header):
                found = self.problems({"labels/set.cc": f"#  include {header}\n"})
                self.assertIn(f"may include {header[1:-1]}", found)

    def test_testing_is_for_tests_alone(self):
        found = self.problems({"labels/set.cc": '#include "testing/matchers.h"\n'})
        self.assertIn("labels may not include testing", found)

    def test_unlisted_source(self):
        self.assertIn("labels/forgotten.cc: no target", self.problems({"labels/forgotten.cc": ""}))

    def test_ring_of_modules(self):
        found = self.problems({"labels/CMakeLists.txt":
                               "matome_add_module(labels DEPS arrow_io SOURCES set.cc TESTS set_test.cc)"})
        self.assertIn("arrow_io -> labels -> arrow_io", found)

    def test_program_fails_on_a_bad_tree(self):
        with tempfile.TemporaryDirectory() as folder:
            bad = pathlib.Path(folder) / "labels" / "set.h"
            bad.parent.mkdir()
            bad.write_text("#include <arrow/api.h>\n")
            run = subprocess.run([sys.executable, "-B", check_layers.__file__, folder],
                                 capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 1)
        self.assertIn("labels/set.h:1: only arrow_io may include arrow/api.h", run.stderr)


if __name__ == "__main__":
    unittest.main()
