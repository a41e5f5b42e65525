// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/settings.h"

namespace matome::cli {

/// The whole program behind main(): parses, runs one command, shows errors on stderr, returns the
/// exit code. `arguments` come without the program's name.
int RunProgram(const std::vector<std::string>& arguments, const config::Environment& environment);

}  // namespace matome::cli
