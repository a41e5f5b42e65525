// SPDX-License-Identifier: Apache-2.0
#include "labels/json_number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace matome::labels {
namespace {

/// The double nearest to a valid JSON number, infinite or zero where the number is out of range.
double Nearest(std::string_view number) {
  double value = 0;
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), value);
  if (parsed.ec != std::errc::result_out_of_range) return value;
  // from_chars does not tell an overflow from an underflow: the place of the first non-zero digit
  // does.
  const bool negative = number.front() == '-';
  const auto mantissa = number.substr(0, number.find_first_of("eE"));
  const auto point = std::min(mantissa.find('.'), mantissa.size());
  const auto first = mantissa.find_first_of("123456789");
  const auto leading =
      static_cast<int64_t>(point) - static_cast<int64_t>(std::min(first, mantissa.size()));
  const bool overflow = leading + JsonNumberExponent(number) > 0;
  const double size = overflow ? std::numeric_limits<double>::infinity() : 0.0;
  return negative ? -size : size;
}

}  // namespace

int JsonNumberExponent(std::string_view number) {
  const auto mark = number.find_first_of("eE");
  if (mark == std::string_view::npos) return 0;
  auto digits = number.substr(mark + 1);
  const bool negative = digits.front() == '-';
  if (digits.front() == '-' || digits.front() == '+') digits.remove_prefix(1);
  int exponent = 0;
  for (const char digit : digits) exponent = std::min(exponent * 10 + (digit - '0'), 100'000);
  return negative ? -exponent : exponent;
}

std::string TrinoDoubleText(std::string_view number) {
  const double value = Nearest(number);
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (value == 0) return std::signbit(value) ? "-0E0" : "0E0";
  std::array<char, 64> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<size_t>(end.ptr - buffer.data()));
  const auto mark = text.find('e');
  int exponent = 0;
  const size_t sign = text[mark + 1] == '+' ? 1 : 0;
  std::from_chars(text.data() + mark + 1 + sign, text.data() + text.size(), exponent);
  std::string result(text.substr(0, mark));
  if (result.find('.') == std::string::npos) result += ".0";
  return result + "E" + std::to_string(exponent);
}

std::string PostgresqlNumericText(std::string_view number) {
  const bool negative = number.front() == '-';
  if (negative) number.remove_prefix(1);
  const int exponent = JsonNumberExponent(number);
  const auto mantissa = number.substr(0, number.find_first_of("eE"));
  const auto point = std::min(mantissa.find('.'), mantissa.size());
  std::string digits(mantissa.substr(0, point));
  if (point < mantissa.size()) digits += mantissa.substr(point + 1);
  const auto decimals = static_cast<int>(digits.size() - point);

  auto integer_digits = static_cast<int>(point) + exponent;
  const int scale = std::max(0, decimals - exponent);
  if (integer_digits < 0) {
    digits.insert(0, static_cast<size_t>(-integer_digits), '0');
    integer_digits = 0;
  }
  if (integer_digits > static_cast<int>(digits.size())) {
    digits.append(static_cast<size_t>(integer_digits) - digits.size(), '0');
  }
  std::string integer = digits.substr(0, static_cast<size_t>(integer_digits));
  std::string fraction = digits.substr(static_cast<size_t>(integer_digits));
  fraction.resize(static_cast<size_t>(scale), '0');
  integer.erase(0, std::min(integer.find_first_not_of('0'), integer.size()));
  if (integer.empty()) integer = "0";
  const bool zero = integer == "0" && fraction.find_first_not_of('0') == std::string::npos;
  std::string result = negative && !zero ? "-" : "";
  result += integer;
  if (!fraction.empty()) result += "." + fraction;
  return result;
}

}  // namespace matome::labels
