// SPDX-License-Identifier: Apache-2.0
#include "cli/output_targets.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matome::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class OutputTargetsTest : public ::testing::Test {
 protected:
  OutputTargetsTest() {
    std::string name = (std::filesystem::temp_directory_path() / "matome-targets-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~OutputTargetsTest() override { std::filesystem::remove_all(folder_); }

  base::Result<OutputTargets> Find(config::Flags flags, config::Environment environment = {},
                                   const std::string& yaml = "") {
    if (!yaml.empty()) {
      std::ofstream(folder_ + "/m.yaml") << yaml;
      environment["MATOME_CONFIG"] = folder_ + "/m.yaml";
    }
    const auto settings = config::Settings::Load(flags, environment);
    EXPECT_TRUE(settings.ok()) << settings.status().message();
    return FindOutputTargets(*settings);
  }

  std::string ConninfoOf(config::Flags flags, config::Environment environment = {},
                         const std::string& yaml = "") {
    flags.emplace_back("schema", "org1");
    const auto targets = Find(std::move(flags), std::move(environment), yaml);
    if (!targets.ok()) return targets.status().message();
    return targets->database ? targets->database->connection.conninfo : "no database";
  }

  std::string folder_;
};

TEST_F(OutputTargetsTest, ADirectoryIsTheDefault) {
  const auto targets = Find({});
  ASSERT_TRUE(targets.ok());
  EXPECT_EQ(targets->Describe(), "./summary");
  EXPECT_FALSE(targets->database);
  EXPECT_EQ(Find({{"output", "x"}, {"format", "csv"}})->tree->format, sink::FileFormat::kCsv);
}

TEST_F(OutputTargetsTest, ABucketTakesThePlaceOfADirectory) {
  const auto targets = Find({{"output", "s3://b/p"}, {"format", "csv"}, {"s3-region", "r"}});
  ASSERT_TRUE(targets.ok());
  EXPECT_EQ(targets->Describe(), "s3://b/p");
  ASSERT_TRUE(targets->tree->s3);
  EXPECT_EQ(targets->tree->s3->region, "r");
  EXPECT_EQ(targets->tree->format, sink::FileFormat::kCsv);
}

TEST_F(OutputTargetsTest, OneOfEachMayBeGivenAndTheDatabaseIsLast) {
  const auto targets = Find({{"output", "postgresql://u:hush@h:5/db"},
                             {"output", "./tree"},
                             {"schema", "org1"},
                             {"writers", "3"},
                             {"lock-timeout", "7"},
                             {"no-ledger", "true"},
                             {"synchronous-commit", "off"}});
  ASSERT_TRUE(targets.ok()) << targets.status().message();
  EXPECT_EQ(targets->Describe(), "./tree and postgresql://u@h:5/db, schema org1");
  const auto order = targets->InOrder();
  ASSERT_EQ(order.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<sink::PostgresTarget>(order[1]));
  EXPECT_EQ(targets->database->writers, 3);
  EXPECT_EQ(targets->database->lock_timeout.count(), 7);
  EXPECT_FALSE(targets->database->ledger);
  EXPECT_FALSE(targets->database->synchronous_commit);
}

TEST_F(OutputTargetsTest, TwoOfAKindAreUsage) {
  EXPECT_EQ(Find({{"output", "a"}, {"output", "b"}}).status().message(),
            "--output: more than one directory or bucket");
  const auto two =
      Find({{"output", "postgresql://a"}, {"output", "postgresql://b"}, {"schema", "org1"}});
  EXPECT_EQ(two.status().code(), base::Code::kUsage);
  EXPECT_EQ(two.status().message(), "--output: more than one database");
  EXPECT_EQ(Find({{"output", "a"}, {"output", "s3://b"}}).status().message(),
            "--output: more than one directory or bucket");
  EXPECT_THAT(Find({{"output", "gs://b"}}).status().message(),
              HasSubstr("only directories, s3://bucket[/prefix] and postgresql:// are written"));
}

TEST_F(OutputTargetsTest, WithADatabaseTheSchemaMustBeGiven) {
  const auto targets = Find({{"output", "postgresql://h/db"}});
  EXPECT_EQ(targets.status().code(), base::Code::kUsage);
  EXPECT_THAT(targets.status().message(), HasSubstr("--schema must be given"));
}

TEST_F(OutputTargetsTest, TheUrlBeatsSettingsBeatKokusVariables) {
  const config::Environment koku = {{"DATABASE_SERVICE_HOST", "koku"},
                                    {"DATABASE_SERVICE_PORT", "6"},
                                    {"DATABASE_NAME", "kokudb"},
                                    {"DATABASE_USER", "kokuuser"},
                                    {"DATABASE_PASSWORD", "p"}};
  EXPECT_EQ(ConninfoOf({{"output", "postgresql://"}}, koku),
            "dbname='kokudb' host='koku' password='p' port='6' user='kokuuser'");
  EXPECT_EQ(ConninfoOf({{"output", "postgresql://me@h/db"}}, koku),
            "dbname='db' host='h' password='p' port='6' user='me'");
  EXPECT_EQ(ConninfoOf({{"output", "postgresql://"}}, koku, "postgresql: {host: file, port: 9}\n"),
            "dbname='kokudb' host='file' password='p' port='9' user='kokuuser'");
}

TEST_F(OutputTargetsTest, ADatabaseOfTheFileNeedsNoUrlButOneOfOtherProgramsDoes) {
  EXPECT_EQ(ConninfoOf({}, {}, "postgresql: {host: h, password: p}\n"), "host='h' password='p'");
  EXPECT_EQ(ConninfoOf({}, {{"MATOME_POSTGRESQL_HOST", "h"}}), "host='h'");
  EXPECT_EQ(ConninfoOf({}, {{"DATABASE_SERVICE_HOST", "h"}}), "no database");
  EXPECT_EQ(ConninfoOf({{"output", "./x"}}, {}, "postgresql: {host: h}\n"), "no database");
}

TEST_F(OutputTargetsTest, AUrlThatCannotBeUnderstoodIsNotQuoted) {
  const auto flag = Find({{"output", "postgresql://u:hush@h/db?nonsense=1"}, {"schema", "org1"}});
  EXPECT_EQ(flag.status().code(), base::Code::kUsage);
  EXPECT_THAT(flag.status().message(), HasSubstr("--output: "));
  EXPECT_THAT(flag.status().message(), Not(HasSubstr("hush")));
  const auto file =
      Find({{"schema", "org1"}}, {}, "output: 'postgresql://u:hush@h/db?nonsense=1'\n");
  EXPECT_EQ(file.status().code(), base::Code::kConfigInvalid);
  EXPECT_THAT(file.status().message(), Not(HasSubstr("hush")));
}

}  // namespace
}  // namespace matome::cli
