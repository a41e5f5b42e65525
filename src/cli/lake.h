// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/day.h"
#include "store/object_store.h"

namespace matome::cli {

/// What the user left open or asked for; absent means: the only one there is.
struct WorkRequest {
  std::optional<std::string> schema;
  std::optional<std::string> source_uuid;
  bool all_sources = false;
  std::optional<model::DayRange> days;
};

/// What to work on, all of it in the lake; only the days may be without data.
struct Work {
  std::string account;
  std::vector<std::string> source_uuids;  // Sorted.
  model::DayRange days;
};

/// The account of a schema as it stands in object keys: a leading "acct" is cut off.
std::string AccountOf(const std::string& schema);

/// Finds what `request` means in the lake. kUsage, with a list of what there is, when the lake does
/// not hold what was asked for, or holds several where one is needed. `lake_name` is for messages.
base::Result<Work> FindWork(const store::ObjectStore& lake, const std::string& lake_name,
                            const WorkRequest& request);

}  // namespace matome::cli
