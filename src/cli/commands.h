// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/run_context.h"

#include "base/status.h"

namespace matome::cli {

// Each runs one command, writes its result to stdout and returns the exit code. An error returned
// means that there is no result; it is for the caller to show.

base::Result<int> RunSummarize(const RunContext& context);
base::Result<int> RunPlan(const RunContext& context);
base::Result<int> RunForget(const RunContext& context);
base::Result<int> RunGenerate(const RunContext& context);

}  // namespace matome::cli
