// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/day.h"
#include "model/ledger.h"
#include "store/writable_store.h"

namespace matome::sink {

/// The memory of an output tree about one source and month:
/// _matome/ledger/source=UUID/2025-10.json.
///
/// Only believed as far as the output agrees with it: a day counts as unchanged only if its rows
/// still bear the stamp. So a ledger that is lost, old or half of another run costs time, never
/// rows. Not thread-safe.
class Ledger {
 public:
  /// Empty. `store` must outlive it.
  Ledger(store::WritableStore& store, const std::string& source_uuid, model::Month month);

  /// Takes what is there in place of what it held. Nothing where there is no file; also where it
  /// cannot be understood, with a warning. An error is the store's.
  base::Status Load(std::vector<std::string>& warnings);

  const std::map<model::Day, model::LedgerDay>& days() const { return days_; }
  const model::LedgerDay* Find(model::Day day) const;
  void Put(model::Day day, model::LedgerDay entry) {
    days_.insert_or_assign(day, std::move(entry));
  }
  void Erase(model::Day day) { days_.erase(day); }

  const std::optional<model::LedgerRoles>& roles() const { return roles_; }
  void set_roles(model::LedgerRoles roles) { roles_ = std::move(roles); }

  /// The file that says all this.
  std::string Text() const;
  /// Writes such a text in place of the file. Not synced: after a power cut a lost or damaged
  /// ledger is not believed. Where the store compares versions: kLocked, and nothing is written, if
  /// another has written it since Load() or our last Write(). The rest of the ledger may be used
  /// meanwhile.
  base::Status Write(const std::string& text);
  base::Status Save() { return Write(Text()); }

 private:
  store::WritableStore* store_;
  std::string key_;
  std::map<model::Day, model::LedgerDay> days_;
  std::optional<model::LedgerRoles> roles_;
  std::optional<std::string> version_;  // Of the file as we know it; empty: there is none.
};

}  // namespace matome::sink
