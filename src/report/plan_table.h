// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "model/plan_result.h"

namespace matome::report {

/// What `plan` found out about one source.
struct SourcePlan {
  std::string account;
  std::string source_uuid;
  model::DayRange range;
  base::Status status;  // Not OK: nothing is known, and `plan` is empty.
  model::PlanResult plan;
};

/// "new", "changed", …
std::string PlanStateName(model::PlanState state);

/// For people: a table of days for each source. Escapes for bold headings with `color`.
std::string FormatPlan(const std::vector<SourcePlan>& sources, bool color);

/// The same as one JSON object. Ends in a newline.
std::string FormatPlanJson(const std::vector<SourcePlan>& sources, int exit_code);

}  // namespace matome::report
