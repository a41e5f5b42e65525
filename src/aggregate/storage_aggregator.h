// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "aggregate/bad_rows.h"
#include "aggregate/code_map.h"
#include "aggregate/owner_labels.h"
#include "aggregate/vocabulary.h"
#include "aggregate/volume_mounts.h"
#include "batch/block.h"
#include "model/run_result.h"
#include "model/summary_row.h"

namespace matome::aggregate {

/// The code maps of one row group of daily storage rows.
struct StorageCodes {
  CodeMap namespaces, pods, claims, volumes, classes, handles, volume_labels, claim_labels;

  void Reset(const Vocabulary& vocabulary);
  /// Interns a block's new entries.
  void Extend(const batch::Block& block, Vocabulary& vocabulary);
};

/// Sums one day of volume usage by (namespace, node, resource id, claim, volume, class, CSI handle,
/// merged labels): the storage rows of semantics §5.5.
///
/// Rows are kept until Finish(), because which node a volume is on is known only from the pod rows.
/// Storage rows of a day must all be added before its first pod row, so that `mounts` knows which
/// pods to watch. One worker.
class StorageAggregator {
 public:
  explicit StorageAggregator(model::Semantics semantics) : semantics_(semantics) {}

  /// Adds rows [first, last) of a block of DailyStorage columns.
  void Add(const batch::Block& block, const StorageCodes& codes, int64_t first, int64_t last,
           Vocabulary& vocabulary, VolumeMounts& mounts, const RowOrigin& origin,
           BadRows& bad_rows);

  /// Appends the day's storage rows to `rows`, in order of first appearance. `month_days` is the
  /// length of its month. Usage that would be divided by no node at all (n = 0) goes to `bad_rows`
  /// and is left NULL.
  void Finish(const VolumeMounts& mounts, const OwnerLabels& node_labels,
              const OwnerLabels& namespace_labels, int32_t month_days, Vocabulary& vocabulary,
              std::vector<model::SummaryRow>& rows, model::Audit& audit, BadRows& bad_rows);

  int64_t row_count() const { return static_cast<int64_t>(records_.size()); }
  void Clear() { records_.clear(); }
  size_t allocated_bytes() const { return records_.capacity() * sizeof(Record); }

 private:
  struct Record {
    base::TextId namespace_id, pod, claim, volume, storage_class, handle;
    model::LabelSetId labels;  // Volume labels with claim labels over them.
    uint8_t present;           // Bit n: number n of DailyStorage is not NULL.
    double numbers[4];
  };
  struct Group;

  model::Semantics semantics_;
  std::vector<Record> records_;
};

}  // namespace matome::aggregate
