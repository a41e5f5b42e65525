// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/day.h"
#include "model/reference.h"
#include "model/run_result.h"

namespace matome::model {

/// What a day's rows were made from, in parts, so that a run can say what changed. Texts compare
/// for equality only.
struct Fingerprint {
  std::string program;    // Version of the program.
  std::string options;    // Semantics.
  std::string reference;  // Tag keys, categories, cluster, report period.
  std::string node_roles;
  std::string input;  // The objects that hold the day.

  bool operator==(const Fingerprint&) const = default;
  /// "new input, other tag keys or reference data": the parts that differ.
  std::string DifferencesFrom(const Fingerprint& earlier) const;
};

/// What the latest run that touched a day left there.
struct LedgerDay {
  Fingerprint fingerprint;
  std::optional<std::string> stamp;  // Of the rows as they were written; absent if there were none.
  bool incomplete = false;           // Something is in quarantine.
  int64_t pod_rows_in = 0;
  DayResult result;  // Counts and totals, to show when the day is skipped.
  std::string run_id;
};

/// Node roles derived from a month, and what they were derived from.
struct LedgerRoles {
  std::string input;
  std::vector<NodeRole> nodes;
  std::map<Day, std::string> day_hashes;  // Of the roles of each day's nodes.
};

}  // namespace matome::model
