// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/day.h"
#include "model/ledger.h"

namespace matome::sink {

/// The memory of an output tree about one source and month:
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

  const std::map<model::Day, model::LedgerDay>& days() const { return days_; }
  const model::LedgerDay* Find(model::Day day) const;
  void Put(model::Day day, model::LedgerDay entry) {
    days_.insert_or_assign(day, std::move(entry));
  }
  void Erase(model::Day day) { days_.erase(day); }

  const std::optional<model::LedgerRoles>& roles() const { return roles_; }
  void set_roles(model::LedgerRoles roles) { roles_ = std::move(roles); }

  /// Writes the file anew, whole. Not synced: after a power cut a lost or damaged ledger is not
  /// believed.
  base::Status Save() const;

 private:
  std::string directory_;
  model::Month month_;
  std::map<model::Day, model::LedgerDay> days_;
  std::optional<model::LedgerRoles> roles_;
};

}  // namespace matome::sink
