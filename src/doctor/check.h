// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace matome::doctor {

enum class Verdict : uint8_t { kOk, kWarning, kFailed };

/// One thing that was looked at.
struct Check {
  std::string name;  // "partition of 2025-10"
  Verdict verdict = Verdict::kOk;
  std::string finding;
  std::string remedy;  // What to do; empty where all is well.
  int exit_code = 0;   // That `summarize` would end with; of a failure only.
};
using Checks = std::vector<Check>;

Check Ok(std::string name, std::string finding);
Check Warning(std::string name, std::string finding, std::string remedy);
Check Failure(std::string name, const base::Status& status, std::string remedy);

/// That of the first failure, else 0.
int ExitCodeOf(const Checks& checks);

/// A line for each check; the remedy below it where there is one. With `color` escapes for a
/// terminal.
std::string FormatChecks(const Checks& checks, bool color);
/// The same as one JSON object. Ends in a newline.
std::string FormatChecksJson(const Checks& checks);

}  // namespace matome::doctor
