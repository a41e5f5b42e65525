// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include "cli/help.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matome::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::string ErrorOf(const std::vector<std::string>& arguments) {
  const auto result = ParseCommandLine(arguments);
  if (result.ok()) return "no error";
  EXPECT_EQ(result.status().code(), base::Code::kUsage);
  return result.status().message();
}

TEST(ParseCommandLine, GathersFlagsAndArguments) {
  const auto result = ParseCommandLine({"summarize", "./lake", "--threads", "2", "--force",
                                        "--tag-keys=app,env", "--month", "2025-10"});
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_EQ(result->command->name, "summarize");
  EXPECT_THAT(
      result->flags,
      UnorderedElementsAre(Pair("input", "./lake"), Pair("threads", "2"), Pair("force", "true"),
                           Pair("tag-keys", "app,env"), Pair("month", "2025-10")));
}

TEST(ParseCommandLine, ValuesMayBeEmptyOrLookLikeFlags) {
  auto result = ParseCommandLine({"summarize", "--tag-keys", "", "--force"});
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_THAT(result->flags, UnorderedElementsAre(Pair("tag-keys", ""), Pair("force", "true")));
  result = ParseCommandLine({"summarize", "--tag-keys=", "--cluster-alias", "--x y"});
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_THAT(result->flags,
              UnorderedElementsAre(Pair("tag-keys", ""), Pair("cluster-alias", "--x y")));
  result = ParseCommandLine({"summarize", "--cluster-alias", "[a,b]"});
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_THAT(result->flags, ElementsAre(Pair("cluster-alias", "[a,b]")));
}

TEST(ParseCommandLine, KeepsRepetitionsForTheSettingsToJudge) {
  const auto result = ParseCommandLine({"summarize", "--threads", "1", "--threads", "2"});
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_THAT(result->flags, ElementsAre(Pair("threads", "1"), Pair("threads", "2")));
}

TEST(ParseCommandLine, ACommandMayTakeAnActionAndAnObject) {
  const auto result = ParseCommandLine({"reference", "export", "postgresql://h", "--schema", "s"});
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_THAT(result->words, ElementsAre("export", "postgresql://h"));
  EXPECT_EQ(ErrorOf({"reference", "export", "a", "postgresql://u:hush@h"}),
            "unexpected argument \"postgresql://u:***@h\"; see matome help reference");
}

TEST(ParseCommandLine, NamesTheNearestFlagOrCommand) {
  EXPECT_EQ(ErrorOf({"summarize", "--thread", "2"}),
            "unknown option --thread; did you mean --threads?");
  EXPECT_EQ(ErrorOf({"summarize", "--qqqqqqqqqqq"}),
            "unknown option --qqqqqqqqqqq; see matome help summarize");
  EXPECT_EQ(ErrorOf({"summarise"}), "unknown command \"summarise\"; did you mean \"summarize\"?");
  EXPECT_EQ(ErrorOf({"summarize", "a", "b"}),
            "unexpected argument \"b\"; see matome help summarize");
  EXPECT_EQ(ErrorOf({"--verbose"}), "unknown option --verbose; see matome help");
  EXPECT_EQ(ErrorOf({"generate", "--reference", "x"}),
            "unknown option --reference; see matome help generate");
  EXPECT_THAT(ErrorOf({"summarize", "--threads"}), HasSubstr("--threads"));
}

TEST(ParseCommandLine, HelpAndVersionNeedNothingElse) {
  EXPECT_TRUE(ParseCommandLine({"--version"})->version);
  EXPECT_TRUE(ParseCommandLine({"-h"})->help);
  const auto result = ParseCommandLine({"summarize", "--help", "--nonsense"});
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->help);
  EXPECT_EQ(ParseCommandLine({})->command, nullptr);
  EXPECT_THAT(ParseCommandLine({"help", "plan"})->words, ElementsAre("plan"));
}

TEST(Help, NamesEveryCommandAndFlag) {
  const std::string program = ProgramHelp();
  for (const auto& command : AllCommands()) {
    EXPECT_THAT(program, HasSubstr(command.name));
    const std::string help = CommandHelp(command);
    for (const auto& setting : config::AllSettings()) {
      if (setting.is_flag_of(command.settings)) {
        EXPECT_THAT(help, HasSubstr("--" + std::string(setting.name)));
      }
    }
  }
  EXPECT_THAT(SettingsHelp(), HasSubstr("MATOME_MEMORY_LIMIT"));
  EXPECT_THAT(SettingsHelp(), HasSubstr("ocp.provider_uuid"));
}

}  // namespace
}  // namespace matome::cli
