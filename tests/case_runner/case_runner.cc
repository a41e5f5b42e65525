// SPDX-License-Identifier: Apache-2.0
//
// Runs every case of tests/cases under every configuration of tests/configs, a GoogleTest test for
// each pair:
//
//   case_runner TESTS_DIRECTORY [--gtest_filter=threads_4.pod/*]

#include <stdlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "case_runner/case_file.h"
#include "case_runner/case_run.h"
#include "case_runner/run_config.h"

namespace matome::case_runner {
namespace {

namespace fs = std::filesystem;

/// A directory that is gone when the test is; in memory where there is such a place, because every
/// day that a run writes is synced, and thousands of runs would wait for the disk.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    for (const fs::path& place : {fs::path("/dev/shm"), fs::temp_directory_path()}) {
      path_ = (place / "matome-case-XXXXXX").string();
      if (::mkdtemp(path_.data()) != nullptr) return;
    }
    path_.clear();
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class CaseTest : public ::testing::Test {
 public:
  CaseTest(std::string path, std::shared_ptr<const RunConfig> config)
      : path_(std::move(path)), config_(std::move(config)) {}

  void TestBody() override {
    const auto parsed = ReadCase(path_);
    ASSERT_TRUE(parsed.ok()) << parsed.status().message();
    const ScratchDirectory scratch;
    ASSERT_FALSE(scratch.path().empty()) << "no temporary directory can be made";
    for (const std::string& problem : RunCase(*parsed, *config_, scratch.path())) {
      ADD_FAILURE() << path_ << ", " << config_->name << ": " << problem;
    }
  }

 private:
  std::string path_;
  std::shared_ptr<const RunConfig> config_;
};

std::vector<fs::path> FilesBelow(const fs::path& directory, std::string_view extension) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.path().extension() == extension) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

/// Registers a test for each case and configuration. Returns what is wrong with them.
std::string RegisterCases(const fs::path& tests) {
  const std::vector<fs::path> cases = FilesBelow(tests / "cases", ".case");
  const std::vector<fs::path> configs = FilesBelow(tests / "configs", ".config");
  if (cases.empty() || configs.empty()) return fmt::format("{} holds no cases", tests.string());
  for (const fs::path& config_path : configs) {
    auto read = ReadRunConfig(config_path.string());
    if (!read.ok()) return read.status().message();
    const auto config = std::make_shared<const RunConfig>(std::move(read).value());
    for (const fs::path& path : cases) {
      const std::string name =
          path.lexically_relative(tests / "cases").replace_extension().string();
      ::testing::RegisterTest(
          config->name.c_str(), name.c_str(), nullptr, nullptr, path.c_str(), 1,
          [path = path.string(), config]() -> CaseTest* { return new CaseTest(path, config); });
    }
  }
  return "";
}

}  // namespace
}  // namespace matome::case_runner

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (argc != 2) {
    fmt::print(stderr, "usage: case_runner TESTS_DIRECTORY [GoogleTest flags]\n");
    return EXIT_FAILURE;
  }
  const std::string problem = matome::case_runner::RegisterCases(argv[1]);
  if (!problem.empty()) {
    fmt::print(stderr, "{}\n", problem);
    return EXIT_FAILURE;
  }
  return RUN_ALL_TESTS();
}
