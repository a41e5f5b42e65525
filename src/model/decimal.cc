// SPDX-License-Identifier: Apache-2.0
#include "model/decimal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/check.h"

namespace matome::model {
namespace {

constexpr int kScale = 15;          // Decimals of numeric(33,15).
constexpr int kIntegerDigits = 18;  // 33 - 15.
constexpr int kFloat8Digits = 15;   // What PostgreSQL keeps when it casts a double to numeric.

/// |value| = 0.d1d2d3… × 10^exponent. Zero has no digits.
struct Digits {
  std::array<char, 48> digit;
  int count = 0;
  int exponent = 0;
};

Digits DigitsOf(double value, Semantics semantics) {
  std::array<char, 64> text;
  const auto end = semantics == Semantics::kTrino
                       ? std::to_chars(text.data(), text.data() + text.size(), std::fabs(value),
                                       std::chars_format::scientific)
                       : std::to_chars(text.data(), text.data() + text.size(), std::fabs(value),
                                       std::chars_format::scientific, kFloat8Digits - 1);
  Digits digits;
  const char* cursor = text.data();
  for (; *cursor != 'e'; ++cursor) {
    if (*cursor != '.') digits.digit[static_cast<size_t>(digits.count++)] = *cursor;
  }
  ++cursor;
  if (*cursor == '+') ++cursor;
  std::from_chars(cursor, end.ptr, digits.exponent);
  ++digits.exponent;
  while (digits.count > 0 && digits.digit[static_cast<size_t>(digits.count - 1)] == '0')
    --digits.count;
  if (digits.count == 0) digits.exponent = 0;
  return digits;
}

/// Rounds half up to kScale decimals. May carry into a new leading digit, or leave no digit at all.
void Round(Digits& digits) {
  const int keep = digits.exponent + kScale;
  if (keep >= digits.count) return;
  if (keep < 0) {
    digits.count = 0;
    return;
  }
  const bool up = digits.digit[static_cast<size_t>(keep)] >= '5';
  digits.count = keep;
  if (!up) return;
  int last = keep - 1;
  while (last >= 0 && digits.digit[static_cast<size_t>(last)] == '9') --last;
  if (last < 0) {
    digits.digit[0] = '1';
    digits.count = 1;
    ++digits.exponent;
    return;
  }
  ++digits.digit[static_cast<size_t>(last)];
  digits.count = last + 1;
}

}  // namespace

bool FitsDecimal(double value, Semantics semantics) {
  if (std::isnan(value)) return semantics == Semantics::kKokuPostgresql;
  if (std::fabs(value) < 9e17) return true;
  if (std::isinf(value)) return false;
  Digits digits = DigitsOf(value, semantics);
  Round(digits);
  return digits.exponent <= kIntegerDigits;
}

void AppendDecimal(double value, Semantics semantics, std::string& out) {
  MATOME_DCHECK(FitsDecimal(value, semantics));
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  Digits digits = DigitsOf(value, semantics);
  Round(digits);

  // The longest text: sign, 18 digits, point, 15 decimals.
  std::array<char, kIntegerDigits + kScale + 2> text;
  char* end = text.data();
  if (digits.count > 0 && std::signbit(value)) *end++ = '-';
  const int integer_digits = std::max(digits.exponent, 0);
  const int copied = std::min(integer_digits, digits.count);
  if (integer_digits == 0) *end++ = '0';
  end = std::copy_n(digits.digit.data(), copied, end);
  end = std::fill_n(end, integer_digits - copied, '0');
  *end++ = '.';
  char* const decimals = end;
  if (digits.count > 0 && digits.exponent < 0)
    end = std::fill_n(end, std::min(-digits.exponent, kScale), '0');
  end = std::copy(digits.digit.data() + copied, digits.digit.data() + digits.count, end);
  end = std::fill_n(end, kScale - (end - decimals), '0');
  out.append(text.data(), end);
}

}  // namespace matome::model
