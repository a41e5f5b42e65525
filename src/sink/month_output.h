// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/cluster_topology.h"
#include "model/day.h"
#include "model/ledger.h"
#include "model/reference.h"
#include "model/run_result.h"
#include "model/semantics.h"
#include "model/summary_row.h"
#include "model/text_order.h"

namespace matome::sink {

enum class OpenFor : uint8_t { kReading, kWriting };

/// What every kind of output is opened with.
struct MonthOutputOptions {
  std::string source_uuid;
  model::Month month;
  model::Semantics semantics = model::Semantics::kTrino;
  std::string run_id;
  OpenFor purpose = OpenFor::kWriting;
};

/// What an output remembers of a month and what is there now, read as one consistent view.
struct MonthState {
  std::map<model::Day, model::LedgerDay> days;
  /// What identifies the rows that are there for a day, so that a change by others is noticed;
  /// absent without rows.
  std::map<model::Day, std::string> stamps;
  std::optional<model::LedgerRoles> roles;
};

/// A finished day on its way to an output.
struct DayCommit {
  const model::DaySummary& summary;  // Without rows: the day is emptied.
  const model::RunConstants& constants;
  /// Its stamp is filled in by the output.
  model::LedgerDay entry;
  std::span<const model::BadInput> quarantined;
};

/// What a commit has to tell beside success.
struct CommitNotes {
  int64_t cost_model_rows_removed = 0;  // Rows that others computed from the day's old rows.
  int64_t retries = 0;
  std::vector<std::string> warnings;
};

/// Where the summary of one source and month goes, with its memory of what each day was made from
/// (docs/design/postgresql.md). Opened for writing it holds the month's lock until destroyed.
///
/// A day is replaced whole: a reader sees its old rows or its new ones, and when Commit() returns
/// the new ones are durable. Commit() is thread-safe for different days; the rest is for one
/// thread.
class MonthOutput {
 public:
  virtual ~MonthOutput() = default;

  /// For messages; no secrets.
  virtual std::string Describe() const = 0;

  /// The reference data that the output itself holds; absent where a file or the reports give it.
  /// A report period of 0 says that there is none, and nothing to be done for the month; why is in
  /// `warnings` then.
  virtual base::Result<std::optional<model::ReferenceData>> ReadReference(
      std::vector<std::string>& /*warnings*/) {
    return std::optional<model::ReferenceData>();
  }

  /// Adds to that data what the reports show of the cluster (semantics §4.3, §4.4). `reference` is
  /// what was read before.
  virtual base::Status FillReference(const model::ReferenceData& /*reference*/,
                                     const model::ClusterTopology& /*topology*/) {
    return {};
  }

  /// How max() orders texts where this output's rules say so; null is by bytes. Lives as long as
  /// the output.
  virtual const model::TextOrder* text_order() const { return nullptr; }

  virtual base::Result<MonthState> Load(model::DayRange days,
                                        std::vector<std::string>& warnings) = 0;

  virtual base::Status Commit(const DayCommit& commit, CommitNotes& notes) = 0;

  /// Remembers derived node roles. Losing them costs the next run time, no more.
  virtual base::Status SaveRoles(const model::LedgerRoles& roles) = 0;

  /// To be called when the last Commit() has returned: what is not remembered yet is. An error
  /// costs the next run time, no more.
  virtual base::Status Finish() { return {}; }
};

}  // namespace matome::sink
