// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include "cli/command_line.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matome::cli {
namespace {

using ::testing::HasSubstr;

TEST(CompletionScript, KnowsEveryCommandAndFlagInEveryShell) {
  for (const auto* shell : {"bash", "zsh", "fish"}) {
    const auto script = CompletionScript(shell);
    ASSERT_TRUE(script.ok()) << shell;
    for (const auto& command : AllCommands()) EXPECT_THAT(*script, HasSubstr(command.name));
    for (const auto& setting : config::AllSettings()) {
      if (setting.commands != 0) {
        EXPECT_THAT(*script, HasSubstr(setting.name)) << shell;
      }
    }
  }
}

TEST(CompletionScript, RefusesOtherShells) {
  const auto script = CompletionScript("bsh");
  ASSERT_FALSE(script.ok());
  EXPECT_EQ(script.status().code(), base::Code::kUsage);
  EXPECT_EQ(script.status().message(),
            "no completion for \"bsh\", only for bash, zsh, fish; did you mean \"bash\"?");
}

}  // namespace
}  // namespace matome::cli
