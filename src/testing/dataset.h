// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace matome::testing {

/// The OpenShift reports the daily summary reads.
enum class Report : uint8_t {
  kPodHourly,
  kPodDaily,
  kStorageDaily,
  kNodeLabelsDaily,
  kNamespaceLabelsDaily,
};

/// One row of the hourly or the daily pod report. An absent optional is NULL; columns keep the
/// report's spelling.
struct PodRow {
  std::optional<int64_t> interval_start_ms;
  std::optional<std::string> namespace_;
  std::optional<std::string> node;
  std::optional<std::string> pod;
  std::optional<std::string> pod_labels;
  std::optional<std::string> resource_id;
  std::optional<std::string> node_role;
  std::optional<double> pod_usage_cpu_core_seconds;
  std::optional<double> pod_request_cpu_core_seconds;
  std::optional<double> pod_limit_cpu_core_seconds;
  std::optional<double> pod_usage_memory_byte_seconds;
  std::optional<double> pod_request_memory_byte_seconds;
  std::optional<double> pod_limit_memory_byte_seconds;
  std::optional<double> node_capacity_cpu_cores;
  std::optional<double> node_capacity_cpu_core_seconds;
  std::optional<double> node_capacity_memory_bytes;
  std::optional<double> node_capacity_memory_byte_seconds;
  std::optional<double> pod_effective_usage_cpu_core_seconds;
  std::optional<double> pod_effective_usage_memory_byte_seconds;
};

/// One row of the daily storage report.
struct StorageRow {
  std::optional<int64_t> interval_start_ms;
  std::optional<std::string> namespace_;
  std::optional<std::string> pod;
  std::optional<std::string> persistentvolumeclaim;
  std::optional<std::string> persistentvolume;
  std::optional<std::string> storageclass;
  std::optional<std::string> csi_volume_handle;
  std::optional<std::string> persistentvolume_labels;
  std::optional<std::string> persistentvolumeclaim_labels;
  std::optional<double> persistentvolumeclaim_capacity_bytes;
  std::optional<double> persistentvolumeclaim_capacity_byte_seconds;
  std::optional<double> volume_request_storage_byte_seconds;
  std::optional<double> persistentvolumeclaim_usage_byte_seconds;
};

/// One row of the daily node-label or namespace-label report.
struct LabelRow {
  std::optional<int64_t> interval_start_ms;
  std::optional<std::string> key;  ///< The node or the namespace.
  std::optional<std::string> labels;
};

/// The five inputs of one source and month, as plain rows in file order.
struct Dataset {
  std::vector<PodRow> pod_hourly;
  std::vector<PodRow> pod_daily;
  std::vector<StorageRow> storage;
  std::vector<LabelRow> node_labels;
  std::vector<LabelRow> namespace_labels;
};

/// One known node: what semantics §4.3 calls a row of the node table.
struct NodeRole {
  std::optional<std::string> node;
  std::optional<std::string> resource_id;
  std::optional<std::string> node_role;
};

/// A namespace pattern (SQL LIKE) and the cost category it puts namespaces into.
struct CategoryPattern {
  std::string pattern;
  int32_t cost_category_id = 0;
};

/// Whose reading of the rules applies: the two columns of semantics §6.
enum class Semantics : uint8_t { kTrino, kKokuPostgresql };

/// Everything the summary needs besides the rows.
struct SummaryParameters {
  std::string source_uuid;
  std::string cluster_id;
  std::optional<std::string> cluster_alias;
  int32_t report_period_id = 0;
  int64_t start_day = 0;  ///< Days since 1970-01-01, inclusive.
  int64_t end_day = 0;    ///< Days since 1970-01-01, inclusive.
  bool storage_exists = true;
  std::vector<std::string> enabled_keys;
  std::vector<CategoryPattern> patterns;
  std::vector<NodeRole> nodes;
  Semantics semantics = Semantics::kTrino;
};

inline constexpr int64_t kMillisecondsPerDay = 86'400'000;

/// Days since 1970-01-01 of a timestamp, NULL for NULL.
std::optional<int64_t> DayOf(std::optional<int64_t> interval_start_ms);

/// Number of days in the calendar month that holds `day` (days since 1970-01-01).
int64_t DaysInMonthOf(int64_t day);

/// `year`-`month`-`day` as days since 1970-01-01.
int64_t DayNumber(int year, unsigned month, unsigned day);

}  // namespace matome::testing
