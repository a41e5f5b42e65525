// SPDX-License-Identifier: Apache-2.0
#include "case_runner/run_config.h"

#include <gtest/gtest.h>

namespace matome::case_runner {
namespace {

TEST(ParseRunConfig, ReadsKeysAndKeepsDefaults) {
  const auto config = ParseRunConfig(
      "configs/some.config",
      "# a remark\n\nthreads: 4\nmemory_beyond_kib: 64\nformat: csv\nencoding: plain\n");
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->name, "some");
  EXPECT_EQ(config->threads, 4);
  EXPECT_EQ(config->memory_beyond_kib, 64);
  EXPECT_TRUE(config->csv);
  EXPECT_FALSE(config->dictionary);
  EXPECT_TRUE(config->statistics);
  EXPECT_EQ(config->batch_rows, 1024);
}

TEST(ParseRunConfig, SaysWhereItStopped) {
  const auto error = [](std::string_view text) {
    return ParseRunConfig("a.config", text).status().message();
  };
  EXPECT_EQ(error("threads: 1\ncolour: red\n"), "a.config:2: there is no key colour");
  EXPECT_EQ(error("threads: 0\n"), "a.config:1: not a positive number: 0");
  EXPECT_EQ(error("page: v3\n"), "a.config:1: v3 is neither v2 nor v1");
  EXPECT_EQ(error("store: tape\n"), "a.config:1: tape is none of memory, local and s3");
  EXPECT_EQ(error("threads\n"), "a.config:1: a line is key: value");
}

}  // namespace
}  // namespace matome::case_runner
