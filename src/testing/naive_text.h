// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "testing/dataset.h"

namespace matome::testing {

/// The code points of UTF-8 text; each byte that is not UTF-8 becomes U+FFFD.
std::u32string NaiveDecodeUtf8(std::string_view text);

/// Appends one code point as UTF-8.
void NaiveAppendUtf8(char32_t code_point, std::string* text);

/// SQL LIKE over code points, the whole of `text` (semantics §4.2): `%` any run, `_` exactly one.
/// Trino has no escape character. PostgreSQL escapes with a backslash; there a pattern's last,
/// unpaired backslash matches nothing.
bool NaiveLike(std::string_view text, std::string_view pattern, Semantics semantics);

/// A non-negative decimal number, 0.d1d2d3… · 10^point. The first and last digits are not zero;
/// zero has no digits.
struct NaiveDecimal {
  std::string digits;
  int64_t point = 0;
};

/// The exact value of |value|, which must be finite.
NaiveDecimal NaiveExactDecimal(double value);

/// The decimal of fewest digits that reads back as |value| (finite); of several, the nearest.
NaiveDecimal NaiveShortestDecimal(double value);

/// The exact value of |value| (finite) rounded to `count` significant digits, ties to even.
NaiveDecimal NaiveSignificantDecimal(double value, size_t count);

/// The value in a numeric(33,15) column (semantics §7.3, §6 rows 15 and 19): always 15 decimals,
/// never a negative zero. nullopt if it does not fit. "NaN" for a NaN under kKokuPostgresql.
std::optional<std::string> NaiveNumericText(double value, Semantics semantics);

/// A JSON number with fraction or exponent as a label value (semantics §3.1): `1.5E0`, `0E0`.
std::string NaiveLabelDoubleText(double value);

/// A JSON number literal the way PostgreSQL's jsonb prints it: `1.50`, `1000`, `0`.
/// nullopt if it is out of that type's range.
std::optional<std::string> NaiveJsonbNumberText(std::string_view literal);

/// `text` as a varchar(`limit`) column takes it (semantics §7.3): spaces beyond the limit are cut.
/// nullopt if it is too long otherwise, or holds a NUL.
std::optional<std::string> NaiveFitText(std::string_view text, size_t limit);

}  // namespace matome::testing
