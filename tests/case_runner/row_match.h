// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "case_runner/case_file.h"
#include "case_runner/summary_tree.h"

namespace matome::case_runner {

/// What keeps the rows of the expected kinds from being the expected ones, as a multiset over the
/// expected columns; a line for each difference, none if they agree.
///
/// Numbers agree within 1e-9 of their size, the differences of unallocated rows within 1e-9 of the
/// node's capacity (semantics §7.3), and within 1e-15 where they were read as decimal text. In
/// kCsvRows numbers are compared as text.
std::vector<std::string> MatchRows(const Expectation& expected,
                                   const std::vector<SummaryRowValues>& actual, bool from_csv);

}  // namespace matome::case_runner
