// SPDX-License-Identifier: Apache-2.0
#include "testing/row_comparison.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string_view>

#include <fmt/format.h>

namespace matome::testing {
namespace {

constexpr double kRelativeTolerance = 1e-9;
constexpr double kAbsoluteTolerance = 1e-15;

constexpr std::array<std::string_view, kNumberColumns> kColumnNames = {
    "pod_usage_cpu_core_hours",
    "pod_request_cpu_core_hours",
    "pod_effective_usage_cpu_core_hours",
    "pod_limit_cpu_core_hours",
    "pod_usage_memory_gigabyte_hours",
    "pod_request_memory_gigabyte_hours",
    "pod_effective_usage_memory_gigabyte_hours",
    "pod_limit_memory_gigabyte_hours",
    "node_capacity_cpu_cores",
    "node_capacity_cpu_core_hours",
    "node_capacity_memory_gigabytes",
    "node_capacity_memory_gigabyte_hours",
    "cluster_capacity_cpu_core_hours",
    "cluster_capacity_memory_gigabyte_hours",
    "persistentvolumeclaim_capacity_gigabyte",
    "persistentvolumeclaim_capacity_gigabyte_months",
    "volume_request_storage_gigabyte_months",
    "persistentvolumeclaim_usage_gigabyte_months",
};

/// All of a row but its numbers, in words.
std::string DescribeIdentity(const ExpectedRow& row) {
  std::string text = fmt::format("{} day={}", row.kind, row.usage_start_day);
  const auto add = [&text](std::string_view name, const std::optional<std::string>& value) {
    if (value.has_value()) {
      text += fmt::format(" {}=[{}]", name, *value);
    }
  };
  add("data_source", row.data_source);
  add("namespace", row.namespace_);
  add("node", row.node);
  add("resource_id", row.resource_id);
  add("pod_labels", row.pod_labels);
  add("volume_labels", row.volume_labels);
  add("all_labels", row.all_labels);
  add("persistentvolumeclaim", row.persistentvolumeclaim);
  add("persistentvolume", row.persistentvolume);
  add("storageclass", row.storageclass);
  add("csi_volume_handle", row.csi_volume_handle);
  if (row.cost_category_id.has_value()) {
    text += fmt::format(" cost_category_id={}", *row.cost_category_id);
  }
  if (row.has_infrastructure_usage_cost) {
    text += " infrastructure_usage_cost";
  }
  return text;
}

/// What the tolerance of a number is relative to, besides the number itself.
double ScaleOf(const ExpectedRow& row, size_t column) {
  if (row.kind != "unallocated" || column > kPodLimitMemoryGigabyteHours) {
    return 0.0;
  }
  const bool cpu = column <= kPodLimitCpuCoreHours;
  return std::fabs(
      row.numbers[cpu ? kNodeCapacityCpuCoreHours : kNodeCapacityMemoryGigabyteHours].value_or(
          0.0));
}

bool NumbersAgree(const ExpectedRow& expected, const ExpectedRow& actual) {
  for (size_t column = 0; column < kNumberColumns; ++column) {
    const std::optional<double> left = expected.numbers[column];
    const std::optional<double> right = actual.numbers[column];
    if (left.has_value() != right.has_value()) {
      return false;
    }
    if (!left.has_value() || (std::isnan(*left) && std::isnan(*right))) {
      continue;
    }
    const double size = std::max({std::fabs(*left), std::fabs(*right), ScaleOf(expected, column)});
    const double tolerance = std::max(kAbsoluteTolerance, size * kRelativeTolerance);
    if (!(std::fabs(*left - *right) <= tolerance)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string DescribeRow(const ExpectedRow& row) {
  std::string text = DescribeIdentity(row);
  for (size_t column = 0; column < kNumberColumns; ++column) {
    if (row.numbers[column].has_value()) {
      text += fmt::format(" {}={}", kColumnNames[column], *row.numbers[column]);
    }
  }
  return text;
}

std::vector<std::string> CompareRows(const std::vector<ExpectedRow>& expected,
                                     const std::vector<ExpectedRow>& actual) {
  std::multimap<std::string, const ExpectedRow*> unmatched;
  for (const ExpectedRow& row : actual) {
    unmatched.emplace(DescribeIdentity(row), &row);
  }
  std::vector<std::string> differences;
  for (const ExpectedRow& row : expected) {
    const auto [first, last] = unmatched.equal_range(DescribeIdentity(row));
    const auto partner = std::find_if(
        first, last, [&row](const auto& entry) { return NumbersAgree(row, *entry.second); });
    if (partner == last) {
      differences.push_back("missing: " + DescribeRow(row));
    } else {
      unmatched.erase(partner);
    }
  }
  for (const auto& [identity, row] : unmatched) {
    differences.push_back("surplus: " + DescribeRow(*row));
  }
  return differences;
}

}  // namespace matome::testing
