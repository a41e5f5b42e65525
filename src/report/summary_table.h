// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "report/outcome.h"

namespace matome::report {

struct TableOptions {
  size_t width = 100;  // Numbers are shortened, and then scaled, until the table is no wider.
  bool color = false;
};

/// The result of a run for people: for each source a table of its days and what to know about them,
/// then a line of totals and, last, how the run ended.
std::string FormatSummary(const RunOutcome& run, const TableOptions& options);

}  // namespace matome::report
