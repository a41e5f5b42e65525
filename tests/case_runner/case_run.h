// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "case_runner/case_file.h"
#include "case_runner/run_config.h"

namespace matome::case_runner {

/// Summarises a case one way, once for each semantics it speaks of, and compares with what it
/// expects. `scratch` is an empty directory of the caller's.
///
/// Returns what is wrong, a line or more for each; nothing if all is as expected.
std::vector<std::string> RunCase(const CaseFile& source, const RunConfig& config,
                                 const std::string& scratch);

}  // namespace matome::case_runner
