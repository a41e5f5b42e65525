// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/lake.h"

#include "base/status.h"
#include "config/settings.h"
#include "pipeline/summarize.h"
#include "store/object_store.h"

namespace matome::cli {

/// What `summarize` and `plan` are asked to do, all of it checked against the lake.
struct SummarizeRequest {
  std::unique_ptr<store::ObjectStore> lake;
  std::string input;   // For people.
  std::string output;  // Likewise.
  Work work;
  pipeline::SummarizeOptions
      options;  // For every source of `work`; the source itself is left open.
  bool uses_database = false;
  bool uses_s3 = false;
  bool tag_keys_given = false;
  std::vector<std::string> warnings;
};

/// Errors are kUsage or kConfigInvalid, and those of a store that cannot be listed.
base::Result<SummarizeRequest> MakeSummarizeRequest(const config::Settings& settings);

}  // namespace matome::cli
