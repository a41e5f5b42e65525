// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/status.h"
#include "model/day.h"
#include "model/summary_row.h"

namespace matome::sink {

/// Where the summary of one source goes. A day is replaced whole: a reader sees the old rows or the
/// new ones. Thread-safe for calls on different days.
class Sink {
 public:
  virtual ~Sink() = default;

  /// What identifies the rows that are there for a day, so that a change by others is noticed;
  /// absent without rows.
  virtual base::Result<std::optional<std::string>> StampOf(model::Day day) const = 0;

  /// Replaces the day's rows by those of `summary`, at least one. When it returns, they are
  /// durable.
  virtual base::Status Replace(const model::DaySummary& summary,
                               const model::RunConstants& constants) = 0;

  /// Removes the day's rows, if there are any.
  virtual base::Status Remove(model::Day day) = 0;
};

}  // namespace matome::sink
