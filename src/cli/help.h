// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/command_line.h"

namespace matome::cli {

/// What the program is, and its commands.
std::string ProgramHelp();

/// A command's arguments and flags.
std::string CommandHelp(const CommandSpec& command);

/// Every setting with its flag, variable and YAML key.
std::string SettingsHelp();

}  // namespace matome::cli
