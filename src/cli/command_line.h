// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "config/setting.h"
#include "config/settings.h"

namespace matome::cli {

/// One command of the program, as parser, help and completions see it.
struct CommandSpec {
  std::string_view name;
  std::string_view summary;
  config::Commands settings = 0;   // Which settings it has flags for.
  std::string_view argument = {};  // What stands behind the name, as help shows it; empty: nothing.
  std::string_view argument_is = {};  // The setting that the argument gives, if it gives one.
  std::string_view examples = {};
};

std::span<const CommandSpec> AllCommands();
/// Null if there is none of that name.
const CommandSpec* FindCommand(std::string_view name);

/// What the user asked for.
struct Invocation {
  const CommandSpec* command = nullptr;  // Null: the program alone.
  bool help = false;
  bool version = false;
  config::Flags flags;
  std::vector<std::string> words;  // Arguments that are no setting.
};

/// Parses what stands behind the program's name. Errors are kUsage and name the nearest flag or
/// command; values are not looked at yet.
base::Result<Invocation> ParseCommandLine(const std::vector<std::string>& arguments);

}  // namespace matome::cli
