// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/day.h"

namespace matome::model {

/// What a run would do about a day.
enum class PlanState : uint8_t {
  kNew,        // Has input, and no rows yet.
  kChanged,    // Has rows, which another input or other options made.
  kUnchanged,  // Its rows are up to date.
  kVanished,   // Has rows, and no input any more.
  kEmpty,      // Neither.
};

struct PlanDay {
  Day day;
  PlanState state = PlanState::kEmpty;
  std::string why;  // "other input"; empty where the state says it all.
  int64_t objects =
      0;              // That may hold rows of the day; one that holds several days counts for each.
  int64_t bytes = 0;  // Of the columns needed, compressed.
  int64_t rows = 0;   // Of the row groups that may hold the day.
};

/// What `summarize` would read.
struct PlanResult {
  std::string source_uuid;
  DayRange range;
  std::vector<PlanDay> days;
  int64_t objects = 0;  // Each object once, of days that need work; likewise bytes and rows.
  int64_t bytes = 0;
  int64_t rows = 0;
  std::vector<std::string> warnings;
};

}  // namespace matome::model
