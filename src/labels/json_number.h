// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace matome::labels {

/// The text that Trino makes of a JSON number with a fraction or an exponent: it becomes a double,
/// printed as shortest digits with one before the point, `E` and the exponent (semantics §3.1).
/// `number` is valid JSON.
std::string TrinoDoubleText(std::string_view number);

/// The text that PostgreSQL's numeric makes of a JSON number: plain digits without an exponent,
/// trailing zeros of the fraction kept (semantics §6 row 7). `number` is valid JSON; its exponent
/// is at most 9999 in size.
std::string PostgresqlNumericText(std::string_view number);

/// The exponent of a valid JSON number, capped to ±100000; 0 where there is none.
int JsonNumberExponent(std::string_view number);

}  // namespace matome::labels
