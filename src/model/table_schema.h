// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/summary_row.h"

namespace matome::model {

/// Where the value of an output column comes from.
enum class ColumnSource : uint8_t {
  kUuid,  // NULL in files; a fresh UUID per row in PostgreSQL.
  kReportPeriodId,
  kClusterId,
  kClusterAlias,
  kDataSource,
  kUsageDay,  // usage_start and usage_end are the same day.
  kName,
  kLabels,
  kNumber,
  kSourceUuid,
  kInfrastructureUsageCost,
  kCostCategoryId,
};

/// One column of the summary as it is written.
struct SummaryColumn {
  std::string_view name;
  ColumnSource source;
  uint8_t index = 0;  // A Name, Labels or Number, by `source`.

  Name name_index() const { return static_cast<Name>(index); }
  Labels labels_index() const { return static_cast<Labels>(index); }
  Number number_index() const { return static_cast<Number>(index); }
};

/// The name of the table and of the directory that stands for it.
inline constexpr std::string_view kSummaryTable = "reporting_ocpusagelineitem_daily_summary";

/// The 37 columns that PostgreSQL gets, in the order of semantics §7.2, then csi_volume_handle.
std::span<const SummaryColumn> SummaryColumns();

}  // namespace matome::model
