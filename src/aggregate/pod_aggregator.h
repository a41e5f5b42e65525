// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "aggregate/bad_rows.h"
#include "aggregate/capacity.h"
#include "aggregate/code_map.h"
#include "aggregate/group_table.h"
#include "aggregate/owner_labels.h"
#include "aggregate/vocabulary.h"
#include "aggregate/volume_mounts.h"
#include "batch/block.h"
#include "model/report.h"
#include "model/run_result.h"
#include "model/summary_row.h"

namespace matome::aggregate {

/// The code maps of one row group of daily pod rows.
struct PodCodes {
  CodeMap namespaces, nodes, pods, labels, resource_ids;

  void Reset(const Vocabulary& vocabulary);
  /// Interns a block's new entries.
  void Extend(const batch::Block& block, Vocabulary& vocabulary);
};

/// Sums one day of pod usage by (namespace, node, merged labels): the pod rows of semantics §5.4.
///
/// Rows are first summed by (namespace, node, the pod's own label map), which needs no label
/// report. Finish() then spreads each of these base groups over the label sets of its node and
/// namespace and over the patterns that match, so the fan-out is paid per group and not per row,
/// and the reports can be read in any order. Sums are taken in the order of the rows; results do
/// not depend on block sizes. One worker.
class PodAggregator {
 public:
  explicit PodAggregator(model::Semantics semantics) : semantics_(semantics) {}

  /// Adds rows [first, last) of a block of DailyPod columns. Rows of pods that `mounts` knows are
  /// told to it, whatever their node. Rows with a label text that cannot be used go to `bad_rows`
  /// and count nowhere.
  void Add(const batch::Block& block, const PodCodes& codes, int64_t first, int64_t last,
           const Vocabulary& vocabulary, VolumeMounts& mounts, const RowOrigin& origin,
           BadRows& bad_rows);

  /// Appends the day's pod rows to `rows`, in order of first appearance. Their usage is still in
  /// seconds: each is to be completed.
  void Finish(const OwnerLabels& node_labels, const OwnerLabels& namespace_labels,
              Vocabulary& vocabulary, std::vector<model::SummaryRow>& rows, model::Audit& audit);

  /// Turns a row of Finish() into what the summary shows: hours, capacities, category.
  void Complete(const CapacityAggregator& capacity, Vocabulary& vocabulary,
                model::SummaryRow& row) const;

  /// Rows added to some group.
  int64_t row_count() const { return row_count_; }
  int64_t group_count() const { return static_cast<int64_t>(groups_.size()); }
  void Clear();
  size_t allocated_bytes() const;

 private:
  static constexpr size_t kSums =
      model::DailyPod::kLimitMemory + 1;  // The first eight numbers are summed.

  /// Totals of a base group. Bit n of `present` says whether number n of DailyPod is not NULL; else
  /// its sum is zero.
  struct Group {
    std::array<double, kSums> sums = {};
    double capacity_cpu_cores = 0;
    double capacity_memory_bytes = 0;
    uint32_t namespace_id = 0;
    uint32_t node_id = 0;
    model::LabelSetId labels = 0;
    base::TextId resource_id = base::kNullText;
    uint32_t row_count = 0;
    uint16_t present = 0;
  };
  /// A way in which the label sets of a node and a namespace combine, and how often it occurs.
  struct Overlay {
    model::LabelSetId labels;
    int copies;
  };

  void AddRow(std::span<const double* const> numbers, int64_t row, Group& group) const;
  void AddRowWithNulls(const batch::Block& block, int64_t row, Group& group) const;
  static void RaiseResourceId(base::TextId resource_id, const Vocabulary& vocabulary,
                              base::TextId& largest);
  /// Fills numbers_ with the groups of keys_.
  void FindGroups();
  /// Adds a group to the rows of each label set that it counts under.
  void Spread(const Group& group, std::span<const model::LabelSetId> node_sets,
              std::span<const model::LabelSetId> namespace_sets, size_t patterns,
              Vocabulary& vocabulary, std::vector<Overlay>& overlays,
              std::vector<model::SummaryRow>& rows, model::Audit& audit);
  model::SummaryRow& FindOrAddRow(const Group& group, model::LabelSetId labels, uint16_t causes,
                                  std::vector<model::SummaryRow>& rows);
  void AddCopies(const Group& from, int copies, const Vocabulary& vocabulary,
                 model::SummaryRow& into) const;
  void CountAudit(const Group& group, std::span<const model::LabelSetId> node_sets,
                  std::span<const model::LabelSetId> namespace_sets, size_t patterns,
                  const Vocabulary& vocabulary, model::Audit& audit) const;

  model::Semantics semantics_;
  GroupTable table_;
  std::vector<Group> groups_;
  GroupTable output_table_;
  size_t first_row_ = 0;          // The row of the output table's number 0; the others follow.
  std::vector<uint16_t> causes_;  // By the same numbers; bit c: AuditCause c holds.
  // Of the block at hand, by row:
  std::vector<uint64_t> keys_;
  std::vector<uint32_t> numbers_;
  int64_t row_count_ = 0;
};

}  // namespace matome::aggregate
