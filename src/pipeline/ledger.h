// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/day.h"
#include "model/reference.h"
#include "model/run_result.h"

namespace matome::pipeline {

/// What a day's rows were made from, in parts, so that a run can say what changed. Texts compare
/// for equality only.
struct Fingerprint {
  std::string program;    // Version of the program.
  std::string options;    // Semantics, treatment of bad input.
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
  model::DayResult result;  // Counts and totals, to show when the day is skipped.
  std::string run_id;
};

/// Node roles derived from a month, and what they were derived from.
struct LedgerRoles {
  std::string input;
  std::vector<model::NodeRole> nodes;
  std::map<model::Day, std::string> day_hashes;  // Of the roles of each day's nodes.
};

/// The memory of an output about one source and month:
/// OUTPUT/_matome/ledger/source=UUID/2025-10.json.
///
/// Only believed as far as the output agrees with it: a day counts as unchanged only if its rows
/// still bear the stamp. So a ledger that is lost, old or half of another run costs time, never
/// rows. Not thread-safe.
class Ledger {
 public:
  /// An empty ledger where there is no file; also where it cannot be understood, with a warning.
  static base::Result<Ledger> Load(const std::string& output_directory,
                                   const std::string& source_uuid, model::Month month,
                                   std::vector<std::string>& warnings);

  const LedgerDay* Find(model::Day day) const;
  void Put(model::Day day, LedgerDay entry) { days_.insert_or_assign(day, std::move(entry)); }
  void Erase(model::Day day) { days_.erase(day); }

  const std::optional<LedgerRoles>& roles() const { return roles_; }
  void set_roles(LedgerRoles roles) { roles_ = std::move(roles); }

  /// Writes the file anew, whole. Not synced: after a power cut a lost or damaged ledger is not
  /// believed.
  base::Status Save() const;

 private:
  std::string directory_;
  model::Month month_;
  std::map<model::Day, LedgerDay> days_;
  std::optional<LedgerRoles> roles_;
};

}  // namespace matome::pipeline
