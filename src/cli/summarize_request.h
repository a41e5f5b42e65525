// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/lake.h"

#include "base/status.h"
#include "config/settings.h"
#include "pipeline/summarize.h"
#include "store/local_store.h"

namespace matome::cli {

/// What `summarize` and `plan` are asked to do, all of it checked against the lake.
struct SummarizeRequest {
  store::LocalStore lake;
  std::string output;  // For people.
  Work work;
  pipeline::SummarizeOptions
      options;  // For every source of `work`; the source itself is left open.
  bool tag_keys_given = false;
  std::vector<std::string> warnings;
};

/// Errors are kUsage or kConfigInvalid.
base::Result<SummarizeRequest> MakeSummarizeRequest(const config::Settings& settings);

}  // namespace matome::cli
