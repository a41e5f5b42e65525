// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/status.h"
#include "model/ledger.h"

namespace matome::model {

/// What outputs remember, as JSON. JSON has no NaN, which PostgreSQL's semantics let through: it is
/// written as null. The other direction fails on what is not as written here, and ignores more.

/// Counts and totals of a day; not its day, state or times.
nlohmann::json ToJson(const DayResult& result);
base::Result<DayResult> DayResultFromJson(const nlohmann::json& value);

/// One object, with the keys of the result beside those of the day.
nlohmann::json ToJson(const LedgerDay& day);
base::Result<LedgerDay> LedgerDayFromJson(const nlohmann::json& value);

nlohmann::json ToJson(const LedgerRoles& roles);
base::Result<LedgerRoles> LedgerRolesFromJson(const nlohmann::json& value);

/// Keys in the order of the fields.
nlohmann::ordered_json ToJson(const BadInput& bad);

}  // namespace matome::model
