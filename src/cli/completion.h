// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace matome::cli {

/// A script that completes matome's commands, flags and choices in a shell: "bash", "zsh" or
/// "fish". Another shell is kUsage.
base::Result<std::string> CompletionScript(std::string_view shell);

}  // namespace matome::cli
