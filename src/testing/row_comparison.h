// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "testing/naive_summary.h"

namespace matome::testing {

/// One line for people: what is not NULL.
std::string DescribeRow(const ExpectedRow& row);

/// What keeps two days' rows from being the same multiset, one line per row without a partner;
/// empty if nothing does. Numbers agree within 1e-9 of their size, the differences of unallocated
/// rows within 1e-9 of the node's capacity, anything within 1e-15 (semantics §7.3); NaN equals
/// NaN. All else is compared exactly, label texts as texts.
std::vector<std::string> CompareRows(const std::vector<ExpectedRow>& expected,
                                     const std::vector<ExpectedRow>& actual);

}  // namespace matome::testing
