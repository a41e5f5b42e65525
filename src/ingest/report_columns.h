// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ingest/day_file.h"

namespace matome::ingest {

/// How a column's texts are converted; its name tells, whatever the report (payload §3.4).
enum class ColumnKind : uint8_t {
  kText,
  kDate,
  kNumber,         // Not a number: 0.
  kNumberOrNull,   // Not a number: NULL.
  kIntegerOrNull,  // The same, without the fraction.
  kLabels,
};

struct ColumnRule {
  ColumnKind kind = ColumnKind::kText;
  bool escaped = false;         // For HTML (payload §3.2).
  bool limited = false;         // A row with more than 1e18 in it is dropped (payload §3.8).
  bool has_label_keys = false;  // Its keys are what a summary can enable (payload §8).
};

ColumnRule RuleOf(std::string_view column);

/// How a column of the daily table is made from the hourly rows (semantics §2.6).
enum class DailyUse : uint8_t { kKey, kMaximum, kSum };

struct DailyColumn {
  std::string_view name;
  DailyUse use = DailyUse::kKey;
  /// Not all operators have it: it does not make the report's type, and stands NULL at the end of
  /// the daily table where it is missing.
  bool is_new = false;
  /// Computed from other columns (payload §3.9).
  bool is_computed = false;
};

/// The columns of one report: keys first, in the order of the daily table without interval_start,
/// which follows the keys.
std::span<const DailyColumn> DailyColumnsOf(CsvReport report);

/// "pod_usage", as it stands in object keys.
std::string_view ReportType(CsvReport report);

inline constexpr std::string_view kIntervalStart = "interval_start";
inline constexpr std::string_view kIntervalEnd = "interval_end";

/// The report that a header belongs to: the first all of whose required columns it has
/// (payload §1.4). Nothing if it is none.
std::optional<CsvReport> ReportOfHeader(std::span<const std::string> columns);

}  // namespace matome::ingest
