// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "aggregate/code_map.h"
#include "base/interner.h"
#include "batch/block.h"
#include "model/semantics.h"

namespace matome::aggregate {

/// A node's or the cluster's capacity on a day, in core-seconds and byte-seconds; absent is NULL.
struct Capacity {
  std::optional<double> cpu_core_seconds;
  std::optional<double> memory_byte_seconds;
};

/// What a day's hourly pod rows say of node capacity: per node and interval the largest, summed
/// over intervals; and the sum of that over all nodes, the empty and the NULL node among them
/// (semantics §5.2).
///
/// Sums are taken in order of first appearance of intervals and nodes, so they do not depend on how
/// rows were cut into blocks.
class CapacityAggregator {
 public:
  explicit CapacityAggregator(model::Semantics semantics) : semantics_(semantics) {}

  /// Adds rows [first, last) of a block of HourlyPod columns, all of the interval that starts at
  /// `millis`.
  void Add(const batch::Block& block, const CodeMap& nodes, int64_t millis, int64_t first,
           int64_t last);

  void Finish();

  /// After Finish(). By node id; a node without hourly rows has neither.
  Capacity OfNode(base::TextId node) const;
  const Capacity& OfCluster() const { return cluster_; }

  /// Makes it empty for another day, keeping memory.
  void Clear();
  size_t allocated_bytes() const;

 private:
  struct Pair {
    double cpu;
    double memory;
  };
  /// The maximum so far of each node in one interval, by node id.
  struct Interval {
    int64_t millis = 0;
    std::vector<Pair> nodes;
  };

  struct Node {
    Capacity capacity;
    bool seen = false;
  };

  Interval& IntervalAt(int64_t millis);
  void AddNew(base::TextId node, double cpu, double memory, std::vector<Pair>& maxima);
  void Notice(base::TextId node);

  model::Semantics semantics_;
  std::vector<Interval> intervals_;
  size_t used_intervals_ = 0;
  size_t latest_ = 0;
  absl::flat_hash_map<int64_t, size_t> interval_numbers_;
  std::vector<Node>
      nodes_;  // By node id, which is no order: ids depend on the days a worker had before.
  std::vector<base::TextId> order_;  // Nodes in order of first appearance on this day.
  Capacity cluster_;
};

}  // namespace matome::aggregate
