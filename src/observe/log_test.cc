// SPDX-License-Identifier: Apache-2.0
#include "observe/log.h"

#include <unistd.h>

#include <sstream>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace matome::observe {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

/// What was logged, read back from a temporary file.
class Log : public ::testing::Test {
 protected:
  Log() : file_(std::tmpfile()) {}
  ~Log() override { std::fclose(file_); }

  int descriptor() const { return fileno(file_); }

  std::string Text() const {
    std::string text(static_cast<size_t>(lseek(descriptor(), 0, SEEK_END)), '\0');
    EXPECT_EQ(pread(descriptor(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    return text;
  }

  FILE* file_;
};

TEST_F(Log, TextHasTimeLevelAndMessageOnOneLine) {
  Logger logger(descriptor(), {});
  logger.Warning("node \"{}\" is {}", "a\nb", 7);
  EXPECT_THAT(Text(), MatchesRegex("[0-9:]{8} warning: node \"a\\\\x0ab\" is 7\n"));
}

TEST_F(Log, LevelsBelowTheLowestAreLeftOut) {
  Logger logger(descriptor(), {.lowest = LogLevel::kWarning});
  logger.Info("quiet");
  logger.Error("loud");
  EXPECT_THAT(Text(), ::testing::Not(HasSubstr("quiet")));
  EXPECT_THAT(Text(), HasSubstr("error: loud"));
}

TEST_F(Log, JsonHasKokusKeys) {
  Logger logger(descriptor(), {.format = LogFormat::kJson});
  logger.SetContext(
      {.tracing_id = "t", .schema = "org1", .provider_uuid = "u", .start_date = "2025-10-01"});
  logger.Info("bad byte \xff and \"quotes\"");
  const auto line = nlohmann::json::parse(Text());
  EXPECT_EQ(line["message"], "bad byte \xef\xbf\xbd and \"quotes\"");
  EXPECT_EQ(line["level"], "info");
  EXPECT_EQ(line["tracing_id"], "t");
  EXPECT_EQ(line["schema"], "org1");
  EXPECT_EQ(line["provider_uuid"], "u");
  EXPECT_EQ(line["start_date"], "2025-10-01");
  EXPECT_FALSE(line.contains("cluster_id"));
}

TEST_F(Log, AMessageMayHaveAContextOfItsOwn) {
  Logger logger(descriptor(), {.format = LogFormat::kJson});
  logger.SetContext({.provider_uuid = "one"});
  logger.Log(LogLevel::kInfo, "hello", LogContext{.provider_uuid = "two"});
  EXPECT_EQ(nlohmann::json::parse(Text())["provider_uuid"], "two");
}

TEST_F(Log, StatusLineIsDrawnAgainBelowEachMessage) {
  Logger logger(descriptor(), {.terminal = true});
  logger.SetStatusLine("half done");
  logger.Info("message");
  logger.SetStatusLine("");
  EXPECT_THAT(Text(),
              MatchesRegex("\r.\\[Khalf done\r.\\[K[0-9:]{8} info: message\nhalf done\r.\\[K"));
}

TEST_F(Log, StatusLineNeedsATerminal) {
  Logger logger(descriptor(), {});
  logger.SetStatusLine("half done");
  EXPECT_EQ(Text(), "");
}

TEST_F(Log, LinesOfThreadsDoNotMix) {
  Logger logger(descriptor(), {.format = LogFormat::kJson});
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&logger, thread] {
      for (int line = 0; line < 100; ++line) logger.Info("thread {} line {}", thread, line);
    });
  }
  for (auto& thread : threads) thread.join();
  std::istringstream lines(Text());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_TRUE(nlohmann::json::accept(line)) << line;
  }
  EXPECT_EQ(count, 400);
}

}  // namespace
}  // namespace matome::observe
