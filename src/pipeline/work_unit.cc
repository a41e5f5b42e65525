// SPDX-License-Identifier: Apache-2.0
#include "pipeline/work_unit.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace matome::pipeline {
namespace {

using model::Report;

/// Storage before daily pods, because pods are looked at for the volumes they mount; daily pods
/// last, so that a day closes with its last row group of them.
constexpr std::array kReadingOrder = {Report::kNodeLabelsDaily, Report::kNamespaceLabelsDaily,
                                      Report::kStorageUsageDaily, Report::kPodUsageHourly,
                                      Report::kPodUsageDaily};

/// A worker's buffers beside what it reads.
constexpr int64_t kBaseMemoryBytes = int64_t{2} << 20;
/// Per daily pod row: its group, its output row, its share of texts. Measured
/// (docs/design/memory.md).
constexpr int64_t kBytesPerPodRow = 600;

int64_t ReadingPlace(Report report) {
  return std::find(kReadingOrder.begin(), kReadingOrder.end(), report) - kReadingOrder.begin();
}

/// Which set each day belongs to; joining makes two sets one.
class DaySets {
 public:
  explicit DaySets(size_t count) : parent_(count) {
    std::iota(parent_.begin(), parent_.end(), size_t{0});
  }
  size_t Find(size_t day) {
    while (parent_[day] != day) day = parent_[day] = parent_[parent_[day]];
    return day;
  }
  void Join(size_t left, size_t right) {
    left = Find(left);
    right = Find(right);
    parent_[std::max(left, right)] = std::min(left, right);
  }

 private:
  std::vector<size_t> parent_;
};

}  // namespace

std::vector<WorkUnit> CutIntoUnits(MonthPlan& plan) {
  std::vector<DayPlan*> days;
  for (auto& day : plan.days) {
    if (day.needs_work()) days.push_back(&day);
  }
  const auto first_from = [&](model::Day day) {
    return std::lower_bound(
               days.begin(), days.end(), day,
               [](const DayPlan* plan_of, model::Day wanted) { return plan_of->day < wanted; }) -
           days.begin();
  };
  DaySets sets(days.size());
  for (const auto& group : plan.catalog.row_groups) {
    const auto first = first_from(group.days.first);
    const auto end = first_from(group.days.last + 1);
    for (auto day = first + 1; day < end; ++day)
      sets.Join(static_cast<size_t>(first), static_cast<size_t>(day));
  }

  std::vector<WorkUnit> units;
  std::vector<size_t> unit_of_set(days.size(), 0);  // Plus one.
  for (size_t day = 0; day < days.size(); ++day) {
    size_t& unit = unit_of_set[sets.Find(day)];
    if (unit == 0) {
      units.emplace_back();
      unit = units.size();
    }
    units[unit - 1].days.push_back(days[day]);
  }
  for (const auto& group : plan.catalog.row_groups) {
    const auto first = static_cast<size_t>(first_from(group.days.first));
    if (first >= days.size() || !group.days.Contains(days[first]->day)) continue;
    WorkUnit& unit = units[unit_of_set[sets.Find(first)] - 1];
    unit.row_groups.push_back(&group);
    const auto& file = plan.catalog.files[group.file];
    const auto& read = file.file.row_groups[group.row_group];
    for (const auto& chunk : read.chunks) unit.bytes += chunk.compressed_bytes;
    if (file.report == Report::kPodUsageDaily)
      unit.estimated_memory_bytes += read.rows * kBytesPerPodRow;
  }
  for (auto& unit : units) {
    unit.estimated_memory_bytes += kBaseMemoryBytes;
    std::stable_sort(unit.row_groups.begin(), unit.row_groups.end(),
                     [&](const auto* left, const auto* right) {
                       return ReadingPlace(plan.catalog.files[left->file].report) <
                              ReadingPlace(plan.catalog.files[right->file].report);
                     });
  }
  return units;
}

}  // namespace matome::pipeline
