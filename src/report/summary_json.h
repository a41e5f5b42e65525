// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "report/outcome.h"

namespace matome::report {

/// What only the run report tells.
struct RunParameters {
  std::string tracing_id;
  std::string started_at;                                     // RFC 3339, UTC.
  std::vector<std::pair<std::string, std::string>> settings;  // Without secrets.
  std::vector<std::pair<std::string, std::string>> versions;  // Of the program and its libraries.
  int threads = 0;
  int64_t memory_limit_bytes = 0;  // 0: none.
};

/// The result as one JSON object, for --json: what the table shows, in plain units. Ends in a
/// newline.
std::string FormatSummaryJson(const RunOutcome& run);

/// The whole run as one JSON object, for --run-report: the above and how it came about.
std::string FormatRunReport(const RunOutcome& run, const RunParameters& parameters);

}  // namespace matome::report
