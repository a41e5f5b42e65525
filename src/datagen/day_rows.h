// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "datagen/cluster.h"
#include "datagen/random.h"
#include "datagen/report_layout.h"
#include "datagen/report_writer.h"

namespace matome::datagen {

/// Equal rows of successive hours of a day, but for what a pod uses.
struct RowPhase {
  RowTexts texts{};
  std::array<double, kMostNumbers> numbers{};  // A NaN is NULL.
  int32_t first_hour = 0;                      // Of the day, 0 to 24.
  int32_t end_hour = 24;

  // Of pods: the average use, which load and chance vary from hour to hour. NULL if `numbers` says
  // so.
  double usage_cpu_cores = 0;
  double usage_memory_bytes = 0;
  size_t load_curve = 0;
  int32_t partial_hour = -1;  // In this hour the pod ran only for a share of it.
  double partial_share = 1;
  int32_t pod = -1;  // Which of the cluster's pods.
};

/// The rows of one day; `day` counts from 0.
std::vector<RowPhase> PhasesOf(GeneratedReport report, const Cluster& cluster, int32_t day);

/// What AddDayRows needs to know about the day and its files.
struct DayFiles {
  int32_t day = 0;
  int32_t first_hour = 0;  // Only rows of these hours are added.
  int32_t end_hour = 24;
  int64_t start_millis = 0;  // When the day begins; kNullHour for rows without a time.
};

/// Adds the rows of `phases`, hour by hour, each hour's in random order as an operator sends them.
/// `entities` are those of the phases.
base::Status AddDayRows(GeneratedReport report, const Cluster& cluster,
                        std::span<const RowPhase> phases, std::span<const EntityId> entities,
                        const DayFiles& files, Random& random, ReportWriter& writer);

}  // namespace matome::datagen
