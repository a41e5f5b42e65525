// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "config/settings.h"
#include "observe/log.h"

namespace matome::cli {

/// What every command is given. Borrowed: must outlive the command.
struct RunContext {
  const config::Settings& settings;
  observe::Logger& logger;
  bool json = false;
  bool quiet = false;
  bool color_stdout = false;
};

/// Writes the result of a command to stdout. A reader that went away is no error; any other failure
/// is kFailed.
base::Status WriteResult(std::string_view text);

/// Replaces the file at `path` as a whole.
base::Status WriteFile(const std::string& path, std::string_view text);

/// Whether escapes that colour text are welcome on a descriptor: it is a terminal, and NO_COLOR is
/// not set.
bool WantsColor(int descriptor, const config::Environment& environment);

}  // namespace matome::cli
