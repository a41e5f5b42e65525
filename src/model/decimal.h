// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/semantics.h"

namespace matome::model {

/// Whether a double has a value as numeric(33,15): finite and, rounded, below 10^18 in size
/// (semantics §7.3). With kKokuPostgresql a NaN has one too, and the size is judged after rounding
/// to 15 significant digits.
bool FitsDecimal(double value, Semantics semantics);

/// Appends the text of `value` as numeric(33,15): the shortest decimal that reads back as the same
/// double (with kKokuPostgresql: its 15 significant digits), rounded half away from zero to 15
/// decimals. Plain zero has no sign. Requires FitsDecimal(value, semantics).
void AppendDecimal(double value, Semantics semantics, std::string& out);

}  // namespace matome::model
