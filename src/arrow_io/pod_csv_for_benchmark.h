// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <fmt/format.h>

namespace matome::arrow_io {

/// A day's pod CSV as operators send it, some 450 bytes a row: hour after hour, the pods of an hour
/// in random order, numbers with six decimals.
inline std::string PodCsvForBenchmark(int64_t rows) {
  std::string csv =
      "report_period_start,report_period_end,interval_start,interval_end,node,namespace,pod,"
      "pod_usage_cpu_core_seconds,pod_request_cpu_core_seconds,pod_limit_cpu_core_seconds,"
      "pod_usage_memory_byte_seconds,pod_request_memory_byte_seconds,"
      "pod_limit_memory_byte_seconds,node_capacity_cpu_cores,node_capacity_cpu_core_seconds,"
      "node_capacity_memory_bytes,node_capacity_memory_byte_seconds,node_role,resource_id,"
      "pod_labels\n";
  csv.reserve(static_cast<size_t>(rows) * 480);
  constexpr int64_t hours = 24;
  const int64_t pods = (rows + hours - 1) / hours;
  uint64_t state = 1;
  const auto random = [&state](uint64_t limit) {
    state = state * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
    return (state >> 33) % limit;
  };
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t hour = row / pods;
    const auto pod = random(static_cast<uint64_t>(pods));
    const auto node = pod % 200;
    const double share = static_cast<double>(random(1'000'000)) / 1e6;
    fmt::format_to(std::back_inserter(csv),
                   "2025-10-01 00:00:00 +0000 UTC,2025-11-01 00:00:00 +0000 UTC,"
                   "2025-10-01 {0:02}:00:00 +0000 UTC,2025-10-01 {0:02}:59:59 +0000 UTC,"
                   "ip-10-0-{1}.compute.internal,project-{2},application-{2}-{3:08x},"
                   "{4:.6f},{5:.6f},{6:.6f},{7:.6f},{8:.6f},{9:.6f},"
                   "16.000000,57600.000000,67108864000.000000,241591910400000.000000,worker,"
                   "i-0{1:016x},label_app:application-{2}|label_pod_template_hash:{3:08x}|"
                   "label_team:team-{10}|label_version:v{11}\n",
                   hour, node, pod % 900, pod * 2'654'435'761 % 4'294'967'296, share * 3600, 900.0,
                   static_cast<double>(pod % 8) * 1800, share * 1.2e12, 4.8e12,
                   static_cast<double>(pod % 8) * 1.9e12, pod % 40, pod % 13);
  }
  return csv;
}

}  // namespace matome::arrow_io
