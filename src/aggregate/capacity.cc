// SPDX-License-Identifier: Apache-2.0
#include "aggregate/capacity.h"

#include <algorithm>

#include "aggregate/sql_semantics.h"
#include "model/report.h"

namespace matome::aggregate {
namespace {

using model::HourlyPod;

/// A NaN that no arithmetic makes: "no value so far".
constexpr uint64_t kAbsentBits = 0x7FF8'6D61'746F'6D65ULL;

double Absent() { return std::bit_cast<double>(kAbsentBits); }
bool IsAbsent(double value) { return std::bit_cast<uint64_t>(value) == kAbsentBits; }

void Raise(double value, model::Semantics semantics, double& current) {
  if (IsAbsent(current) || IsGreater(value, current, semantics)) current = value;
}

void AddTo(std::optional<double>& sum, double value) { sum = sum ? *sum + value : value; }

}  // namespace

CapacityAggregator::Interval& CapacityAggregator::IntervalAt(int64_t millis) {
  if (latest_ < used_intervals_ && intervals_[latest_].millis == millis) return intervals_[latest_];
  const auto [found, inserted] = interval_numbers_.try_emplace(millis, used_intervals_);
  latest_ = found->second;
  if (inserted) {
    if (used_intervals_ == intervals_.size()) intervals_.emplace_back();
    intervals_[used_intervals_].millis = millis;
    ++used_intervals_;
  }
  return intervals_[latest_];
}

void CapacityAggregator::Add(const batch::Block& block, const CodeMap& nodes, int64_t millis,
                             int64_t first, int64_t last) {
  auto& maxima = IntervalAt(millis).nodes;
  const auto& cpu = block.numbers[HourlyPod::kCapacityCpuCoreSeconds];
  const auto& memory = block.numbers[HourlyPod::kCapacityMemoryByteSeconds];
  const batch::Code* const codes = block.texts[HourlyPod::kNode].codes;
  const uint32_t* const ids = nodes.ids();
  const double* const cpu_values = cpu.values;
  const double* const memory_values = memory.values;
  const bool no_nulls = cpu.valid == nullptr && memory.valid == nullptr;
  for (int64_t row = first; row < last; ++row) {
    // The usual row changes nothing, because every pod of a node reports the same capacity: pass
    // over runs of them.
    const Pair* const seen = maxima.data();
    const size_t seen_nodes = maxima.size();
    while (no_nulls && row < last) {
      const base::TextId node = ids[codes[row]];
      if (node >= seen_nodes || !(seen[node].cpu >= cpu_values[row]) ||
          !(seen[node].memory >= memory_values[row])) {
        break;
      }
      ++row;
    }
    if (row == last) break;
    AddNew(ids[codes[row]], cpu.has(row) ? cpu_values[row] : Absent(),
           memory.has(row) ? memory_values[row] : Absent(), maxima);
  }
}

void CapacityAggregator::AddNew(base::TextId node, double cpu, double memory,
                                std::vector<Pair>& maxima) {
  if (node >= maxima.size()) maxima.resize(node + 1, Pair{Absent(), Absent()});
  Notice(node);
  if (!IsAbsent(cpu)) Raise(cpu, semantics_, maxima[node].cpu);
  if (!IsAbsent(memory)) Raise(memory, semantics_, maxima[node].memory);
}

void CapacityAggregator::Notice(base::TextId node) {
  if (node >= nodes_.size()) nodes_.resize(node + 1);
  if (nodes_[node].seen) return;
  nodes_[node].seen = true;
  order_.push_back(node);
}

void CapacityAggregator::Finish() {
  for (size_t interval = 0; interval < used_intervals_; ++interval) {
    const auto& maxima = intervals_[interval].nodes;
    if (nodes_.size() < maxima.size()) nodes_.resize(maxima.size());
    for (size_t node = 0; node < maxima.size(); ++node) {
      Capacity& sum = nodes_[node].capacity;
      if (!IsAbsent(maxima[node].cpu)) AddTo(sum.cpu_core_seconds, maxima[node].cpu);
      if (!IsAbsent(maxima[node].memory)) AddTo(sum.memory_byte_seconds, maxima[node].memory);
    }
  }
  for (const base::TextId node : order_) {
    const Capacity& sum = nodes_[node].capacity;
    if (sum.cpu_core_seconds) AddTo(cluster_.cpu_core_seconds, *sum.cpu_core_seconds);
    if (sum.memory_byte_seconds) AddTo(cluster_.memory_byte_seconds, *sum.memory_byte_seconds);
  }
}

Capacity CapacityAggregator::OfNode(base::TextId node) const {
  return node < nodes_.size() ? nodes_[node].capacity : Capacity{};
}

void CapacityAggregator::Clear() {
  for (size_t interval = 0; interval < used_intervals_; ++interval)
    intervals_[interval].nodes.clear();
  used_intervals_ = 0;
  latest_ = 0;
  interval_numbers_.clear();
  nodes_.clear();
  order_.clear();
  cluster_ = {};
}

size_t CapacityAggregator::allocated_bytes() const {
  size_t bytes = intervals_.capacity() * sizeof(Interval) + nodes_.capacity() * sizeof(Node) +
                 order_.capacity() * sizeof(base::TextId) +
                 interval_numbers_.capacity() * (sizeof(int64_t) + sizeof(size_t) + 1);
  for (const auto& interval : intervals_) bytes += interval.nodes.capacity() * sizeof(Pair);
  return bytes;
}

}  // namespace matome::aggregate
