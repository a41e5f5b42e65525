// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aggregate/day_aggregator.h"
#include "aggregate/node_roles.h"
#include "aggregate/output_check.h"
#include "aggregate/vocabulary.h"
#include "model/run_result.h"
#include "model/summary_row.h"
#include "testing/text_batch.h"

namespace matome::aggregate {

/// A day of the summary from text tables, driven as a worker of the pipeline drives it. Its
/// vocabulary lasts from day to day.
///
/// The defaults are those of semantics §10: keys `env` and `team`, the four default patterns, (n1,
/// i-1) a worker.
class DayForTest {
 public:
  struct Setup {
    std::vector<std::string> enabled_tag_keys = {"env", "team"};
    std::vector<model::CostCategory> cost_categories = model::ReferenceData{}.cost_categories;
    std::vector<model::NodeRole> nodes = {{"n1", "i-1", "worker"}};
    bool storage_exists = true;
    model::Semantics semantics = model::Semantics::kTrino;
  };

  DayForTest() : DayForTest(Setup{}) {}
  explicit DayForTest(Setup setup);
  DayForTest(const DayForTest&) = delete;
  DayForTest& operator=(const DayForTest&) = delete;

  /// Begins another day; the first is 2024-02-29 and needs no call.
  void Start(std::string_view day);

  /// Adds a table (see testing::TextRowGroup) as one row group. Hourly tables need interval_start;
  /// rows of another day, or of none, are passed over.
  void Add(model::Report report, std::string_view table, int64_t block_rows = 1024,
           testing::TextCodes codes = testing::TextCodes::kDictionary);

  /// Makes the day's rows.
  const model::DaySummary& Finish();

  /// After Finish(): the rows of one kind, a line each, in the order in which they were made;
  /// `columns` as "node | pod_usage_cpu_core_hours". NULL and '' as in text tables.
  std::string Rows(model::RowKind kind, std::string_view columns) const;
  /// After Finish(): every row with every column, numbers by their bits, in order.
  std::vector<std::string> Bits() const;

  const BadRows& bad_rows() const { return day_.bad_rows(); }
  const model::Audit& audit() const { return audit_; }
  const model::AuditEntry& audit(model::AuditCause cause) const {
    return audit_[static_cast<size_t>(cause)];
  }
  const DayAggregator& day() const { return day_; }
  Vocabulary& vocabulary() { return vocabulary_; }
  model::DaySummary& summary() { return summary_; }

 private:
  std::string Value(const model::SummaryRow& row, std::string_view column) const;

  Setup setup_;
  NodeRoles roles_;
  Rules rules_;
  Vocabulary vocabulary_;
  OutputCheck check_;
  RowGroupCodes codes_;
  DayAggregator day_;
  model::DaySummary summary_;
  model::Audit audit_;
};

}  // namespace matome::aggregate
