// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/run_context.h"

#include "base/status.h"

namespace matome::cli {

// Each runs one command, writes its result to stdout and returns the exit code. An error returned
// means that there is no result; it is for the caller to show.

base::Result<int> RunSummarize(const RunContext& context);
base::Result<int> RunPlan(const RunContext& context);
base::Result<int> RunForget(const RunContext& context);
base::Result<int> RunDoctor(const RunContext& context);
/// What `doctor` says, and its exit code, when not even its settings can be used.
int ShowUnusableConfiguration(const base::Status& status, bool json);
/// `words` are the arguments that are no setting.
base::Result<int> RunReference(const RunContext& context, const std::vector<std::string>& words);
base::Result<int> RunGenerate(const RunContext& context);

}  // namespace matome::cli
