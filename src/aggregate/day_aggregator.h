// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "aggregate/bad_rows.h"
#include "aggregate/capacity.h"
#include "aggregate/output_check.h"
#include "aggregate/owner_labels.h"
#include "aggregate/pod_aggregator.h"
#include "aggregate/storage_aggregator.h"
#include "aggregate/vocabulary.h"
#include "aggregate/volume_mounts.h"
#include "base/status.h"
#include "batch/block.h"
#include "model/day.h"
#include "model/report.h"
#include "model/run_result.h"
#include "model/summary_row.h"

namespace matome::aggregate {

/// From the codes of the row group at hand to ids, for whichever report it is of. One per worker.
class RowGroupCodes {
 public:
  void Reset(model::Report report, const Vocabulary& vocabulary);
  /// Takes in a block's new entries; to be called once for every block of the row group, in order.
  /// Fails when there are more distinct names than group keys can hold.
  base::Status Extend(const batch::Block& block, Vocabulary& vocabulary);

  model::Report report() const { return report_; }

 private:
  friend class DayAggregator;

  model::Report report_ = model::Report::kPodUsageHourly;
  CodeMap owners_, labels_;  // Of label reports; owners_ also of hourly pod rows.
  PodCodes pods_;
  StorageCodes storage_;
};

/// The whole summary of one day of one source: takes blocks of all five reports, gives the day's
/// rows.
///
/// Storage rows must come before daily pod rows; otherwise reports may come in any order. One
/// worker; a cleared aggregator keeps its memory for the next day.
class DayAggregator {
 public:
  /// `rules` must outlive the aggregator.
  explicit DayAggregator(const Rules& rules);

  /// Makes it empty, for `day`.
  void Start(model::Day day);
  model::Day day() const { return day_; }

  /// Adds rows [first, last) of a block, which all lie on this day and, if hourly, in the interval
  /// that starts at `millis`.
  void Add(const batch::Block& block, const RowGroupCodes& codes, int64_t millis, int64_t first,
           int64_t last, const RowOrigin& origin, Vocabulary& vocabulary);

  /// Makes the day's rows. `summary` refers to `vocabulary`.
  void Finish(Vocabulary& vocabulary, OutputCheck& check, model::DaySummary& summary,
              model::Audit& audit);

  const BadRows& bad_rows() const { return bad_rows_; }
  int64_t rows_in() const { return rows_in_; }
  /// Daily pod rows in scope, with a node or without: none at all hints at an ingest under way.
  int64_t pod_rows_in() const { return pod_rows_in_; }
  int64_t group_count() const { return pods_.group_count(); }
  /// The node roles that the rows depend on, ascending by node and resource id; after Finish().
  const std::vector<model::NodeRole>& asked_roles() const { return asked_roles_; }
  /// The cluster's capacity; after Finish().
  const Capacity& cluster_capacity() const { return capacity_.OfCluster(); }
  size_t allocated_bytes() const;

 private:
  void AddLabels(const batch::Block& block, const RowGroupCodes& codes, int64_t first, int64_t last,
                 const RowOrigin& origin, const Vocabulary& vocabulary, OwnerLabels& labels);

  const Rules& rules_;
  model::Day day_;
  CapacityAggregator capacity_;
  OwnerLabels node_labels_, namespace_labels_;
  VolumeMounts mounts_;
  StorageAggregator storage_;
  PodAggregator pods_;
  BadRows bad_rows_;
  std::vector<model::NodeRole> asked_roles_;
  int64_t rows_in_ = 0;
  int64_t pod_rows_in_ = 0;
};

}  // namespace matome::aggregate
