// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/day.h"

namespace matome::datagen {

/// How rows are cut into files (semantics §2.2).
enum class FileLayout : uint8_t {
  kDaily,    // As of an operator that sends daily reports: `files_per_day` files a day.
  kMonthly,  // As of one that does not: the month is one file, cut every 200,000 rows.
};

/// A synthetic lake of one month. The same options give the same bytes, whatever the number of
/// threads.
struct GenerateOptions {
  std::string output_directory;
  std::string account = "org1234567";  // As in object keys.
  model::Month month;
  uint64_t seed = 1;
  std::optional<std::string> source_uuid;  // Default: made of the seed. Only with one cluster.

  int32_t clusters = 1;  // Each is a source of its own.
  int32_t nodes = 8;     // In all clusters together.
  int32_t pods_per_node = 20;
  std::optional<int32_t>
      pods_per_namespace;             // Decides the number of pods in place of pods_per_node.
  std::optional<int32_t> namespaces;  // Of each cluster. Default: one for 20 pods, at least 10.
  std::optional<int32_t> volumes;     // Of each cluster. Default: one for eight pods.
  int32_t days = 0;                   // From the first of the month on; 0: all of it.
  double churn = 0.1;                 // Share of the pods that are replaced each day.
  std::optional<int32_t> label_keys;  // Of each pod, at least 3. Default: three to eight.

  bool messy =
      false;  // Everything odd that a summary must cope with, but nothing that makes it fail.
  FileLayout layout = FileLayout::kDaily;
  int32_t files_per_day = 1;  // 1 to 24; only with FileLayout::kDaily.
  bool replace =
      false;  // Delete what the output holds of these sources' month; otherwise that is an error.
  int32_t threads = 1;
};

/// Options by the size of a customer: small, medium, large, xlarge, p99 or max. What is not a
/// matter of size keeps its default.
std::optional<GenerateOptions> ProfileOptions(std::string_view profile);

struct GenerateProgress {
  int64_t steps_done = 0;  // Of about equal size within a report.
  int64_t steps_total = 0;
  int64_t hourly_rows = 0;
  int64_t bytes = 0;
};

struct GenerateResult {
  std::vector<std::string> source_uuids;  // By cluster.
  int64_t pod_hourly_rows = 0;            // Part of the next.
  int64_t hourly_rows = 0;                // Of all four reports.
  int64_t daily_rows = 0;
  int64_t files = 0;
  int64_t bytes = 0;
  double seconds = 0;
};

/// Writes the lake: pod, storage, node label and namespace label reports, hourly and daily.
/// `progress`, which may be empty, is called from worker threads, one call at a time. Once `stop`
/// is true the run ends with kInterrupted; whole files stay.
base::Result<GenerateResult> Generate(const GenerateOptions& options,
                                      const std::function<void(const GenerateProgress&)>& progress,
                                      const std::atomic<bool>* stop = nullptr);

}  // namespace matome::datagen
