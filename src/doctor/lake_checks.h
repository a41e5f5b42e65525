// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "catalog/month_catalog.h"
#include "doctor/check.h"
#include "model/day.h"

namespace matome::doctor {

/// What a month of a source has to be for `summarize`: objects of every report, each readable, with
/// the columns that are needed, in types that can be read (semantics §2).
Checks CheckMonth(const catalog::MonthCatalog& month, const std::string& source_uuid);

/// Whether the largest piece of work fits into the limit (docs/design/memory.md); 0 is no limit.
Check CheckMemory(const catalog::MonthCatalog& month, int threads, int64_t limit_bytes);

}  // namespace matome::doctor
