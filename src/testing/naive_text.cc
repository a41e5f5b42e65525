// SPDX-License-Identifier: Apache-2.0
#include "testing/naive_text.h"

#include <algorithm>
#include <cmath>
#include <compare>
#include <cstdlib>
#include <map>
#include <utility>

namespace matome::testing {
namespace {

constexpr int kMantissaBits = 53;
constexpr int kSmallestExponent = -1074;
constexpr int64_t kDecimals = 15;
constexpr int64_t kIntegerDigits = 18;
constexpr size_t kPostgresqlSignificantDigits = 15;
constexpr int64_t kJsonbIntegerDigits = 131072;
constexpr int64_t kJsonbDecimals = 16383;

/// A decimal integer multiplied by a small one.
std::string Multiplied(const std::string& digits, int64_t factor) {
  std::string reversed;
  int64_t carry = 0;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    const int64_t product = (*digit - '0') * factor + carry;
    reversed.push_back(static_cast<char>('0' + product % 10));
    carry = product / 10;
  }
  for (; carry > 0; carry /= 10) {
    reversed.push_back(static_cast<char>('0' + carry % 10));
  }
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

NaiveDecimal Normalized(NaiveDecimal decimal) {
  const size_t first = decimal.digits.find_first_not_of('0');
  if (first == std::string::npos) {
    return NaiveDecimal{};
  }
  decimal.digits.erase(0, first);
  decimal.point -= static_cast<int64_t>(first);
  decimal.digits.erase(decimal.digits.find_last_not_of('0') + 1);
  return decimal;
}

/// mantissa · 2^exponent.
NaiveDecimal FromBinary(uint64_t mantissa, int exponent) {
  std::string digits = std::to_string(mantissa);
  int64_t decimals = 0;
  constexpr int kPowersAtOnce = 20;
  while (exponent != 0) {
    const int powers = std::min(std::abs(exponent), kPowersAtOnce);
    int64_t factor = 1;
    for (int count = 0; count < powers; ++count) {
      factor *= exponent > 0 ? 2 : 5;
    }
    digits = Multiplied(digits, factor);
    decimals += exponent > 0 ? 0 : powers;
    exponent += exponent > 0 ? -powers : powers;
  }
  const int64_t point = static_cast<int64_t>(digits.size()) - decimals;
  return Normalized({std::move(digits), point});
}

struct Binary {
  uint64_t mantissa = 0;
  int exponent = 0;
};

Binary Split(double value) {
  int exponent = 0;
  const double fraction = std::frexp(std::fabs(value), &exponent);
  Binary binary{static_cast<uint64_t>(std::ldexp(fraction, kMantissaBits)),
                exponent - kMantissaBits};
  while (binary.exponent < kSmallestExponent) {
    binary.mantissa >>= 1;
    ++binary.exponent;
  }
  return binary;
}

std::strong_ordering Compare(const NaiveDecimal& a, const NaiveDecimal& b) {
  if (a.digits.empty() || b.digits.empty()) {
    return !a.digits.empty() <=> !b.digits.empty();
  }
  if (a.point != b.point) {
    return a.point <=> b.point;
  }
  return a.digits.compare(b.digits) <=> 0;
}

/// a − b for a ≥ b.
NaiveDecimal Difference(const NaiveDecimal& a, const NaiveDecimal& b) {
  const int64_t point = std::max(a.point, b.point);
  std::string left = std::string(static_cast<size_t>(point - a.point), '0') + a.digits;
  std::string right = std::string(static_cast<size_t>(point - b.point), '0') + b.digits;
  const size_t size = std::max(left.size(), right.size());
  left.resize(size, '0');
  right.resize(size, '0');
  int borrow = 0;
  for (size_t index = size; index-- > 0;) {
    int digit = left[index] - right[index] - borrow;
    borrow = digit < 0 ? 1 : 0;
    digit += borrow * 10;
    left[index] = static_cast<char>('0' + digit);
  }
  return Normalized({left, point});
}

/// The first `count` digits, made larger by one in the last of them if `up`.
NaiveDecimal Cut(const NaiveDecimal& decimal, size_t count, bool up) {
  std::string digits = "0" + decimal.digits;
  digits.resize(count + 1, '0');
  if (up) {
    size_t index = count;
    while (digits[index] == '9') {
      digits[index--] = '0';
    }
    ++digits[index];
  }
  return Normalized({digits, decimal.point + 1});
}

/// Rounds half away from zero, keeping `decimals` digits after the point.
NaiveDecimal RoundedHalfUp(const NaiveDecimal& decimal, int64_t decimals) {
  const int64_t kept = decimal.point + decimals;
  if (kept < 0 || decimal.digits.empty()) {
    return NaiveDecimal{};
  }
  const auto count = static_cast<size_t>(kept);
  if (count >= decimal.digits.size()) {
    return decimal;
  }
  return Cut(decimal, count, decimal.digits[count] >= '5');
}

/// Fixed notation with exactly `decimals` digits after the point.
std::string FixedText(const NaiveDecimal& decimal, int64_t decimals) {
  std::string whole;
  for (int64_t place = 0; place < decimal.point; ++place) {
    const auto index = static_cast<size_t>(place);
    whole.push_back(index < decimal.digits.size() ? decimal.digits[index] : '0');
  }
  std::string fraction;
  for (int64_t place = 0; place < decimals; ++place) {
    const int64_t index = decimal.point + place;
    const bool inside = index >= 0 && index < static_cast<int64_t>(decimal.digits.size());
    fraction.push_back(inside ? decimal.digits[static_cast<size_t>(index)] : '0');
  }
  return (whole.empty() ? "0" : whole) + (decimals > 0 ? "." + fraction : "");
}

bool LikeFrom(const std::u32string& text, size_t text_at, const std::u32string& pattern,
              size_t pattern_at, bool backslash_escapes,
              std::map<std::pair<size_t, size_t>, bool>* known) {
  const auto found = known->find({text_at, pattern_at});
  if (found != known->end()) {
    return found->second;
  }
  const auto matches_from = [&](size_t next_text, size_t next_pattern) {
    return LikeFrom(text, next_text, pattern, next_pattern, backslash_escapes, known);
  };
  bool matches = false;
  if (pattern_at == pattern.size()) {
    matches = text_at == text.size();
  } else if (pattern[pattern_at] == U'%') {
    matches = matches_from(text_at, pattern_at + 1) ||
              (text_at < text.size() && matches_from(text_at + 1, pattern_at));
  } else if (pattern[pattern_at] == U'_') {
    matches = text_at < text.size() && matches_from(text_at + 1, pattern_at + 1);
  } else if (backslash_escapes && pattern[pattern_at] == U'\\') {
    matches = pattern_at + 1 < pattern.size() && text_at < text.size() &&
              text[text_at] == pattern[pattern_at + 1] && matches_from(text_at + 1, pattern_at + 2);
  } else {
    matches = text_at < text.size() && text[text_at] == pattern[pattern_at] &&
              matches_from(text_at + 1, pattern_at + 1);
  }
  known->emplace(std::pair(text_at, pattern_at), matches);
  return matches;
}

}  // namespace

std::u32string NaiveDecodeUtf8(std::string_view text) {
  constexpr char32_t kReplacement = 0xFFFD;
  std::u32string code_points;
  size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at]);
    size_t length = 1;
    char32_t code_point = lead;
    if (lead >= 0xF0 && lead < 0xF8) {
      length = 4;
      code_point = lead & 0x07U;
    } else if (lead >= 0xE0 && lead < 0xF0) {
      length = 3;
      code_point = lead & 0x0FU;
    } else if (lead >= 0xC0 && lead < 0xE0) {
      length = 2;
      code_point = lead & 0x1FU;
    } else if (lead >= 0x80) {
      code_point = kReplacement;
    }
    bool valid = at + length <= text.size();
    for (size_t next = 1; valid && next < length; ++next) {
      const auto byte = static_cast<unsigned char>(text[at + next]);
      valid = (byte & 0xC0U) == 0x80U;
      code_point = (code_point << 6U) | (byte & 0x3FU);
    }
    code_points.push_back(valid ? code_point : kReplacement);
    at += valid ? length : 1;
  }
  return code_points;
}

void NaiveAppendUtf8(char32_t code_point, std::string* text) {
  const auto append = [text](char32_t byte) { text->push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    append(code_point);
  } else if (code_point < 0x800) {
    append(0xC0U | (code_point >> 6U));
    append(0x80U | (code_point & 0x3FU));
  } else if (code_point < 0x10000) {
    append(0xE0U | (code_point >> 12U));
    append(0x80U | ((code_point >> 6U) & 0x3FU));
    append(0x80U | (code_point & 0x3FU));
  } else {
    append(0xF0U | (code_point >> 18U));
    append(0x80U | ((code_point >> 12U) & 0x3FU));
    append(0x80U | ((code_point >> 6U) & 0x3FU));
    append(0x80U | (code_point & 0x3FU));
  }
}

bool NaiveLike(std::string_view text, std::string_view pattern, Semantics semantics) {
  std::map<std::pair<size_t, size_t>, bool> known;
  return LikeFrom(NaiveDecodeUtf8(text), 0, NaiveDecodeUtf8(pattern), 0,
                  semantics == Semantics::kKokuPostgresql, &known);
}

NaiveDecimal NaiveExactDecimal(double value) {
  const Binary binary = Split(value);
  return FromBinary(binary.mantissa, binary.exponent);
}

NaiveDecimal NaiveShortestDecimal(double value) {
  const Binary binary = Split(value);
  if (binary.mantissa == 0) {
    return NaiveDecimal{};
  }
  // What lies between the midpoints to the neighbours reads back as the value; a midpoint itself
  // does if the mantissa is even. Below a power of two the neighbour is half as far.
  const NaiveDecimal exact = FromBinary(binary.mantissa, binary.exponent);
  const bool nearer_below =
      binary.mantissa == uint64_t{1} << (kMantissaBits - 1) && binary.exponent > kSmallestExponent;
  const NaiveDecimal low = nearer_below ? FromBinary(4 * binary.mantissa - 1, binary.exponent - 2)
                                        : FromBinary(2 * binary.mantissa - 1, binary.exponent - 1);
  const NaiveDecimal high = FromBinary(2 * binary.mantissa + 1, binary.exponent - 1);
  const bool midpoints_read_back = binary.mantissa % 2 == 0;
  const auto reads_back = [&](const NaiveDecimal& candidate) {
    const auto from_low = Compare(candidate, low);
    const auto from_high = Compare(candidate, high);
    return (from_low > 0 || (midpoints_read_back && from_low == 0)) &&
           (from_high < 0 || (midpoints_read_back && from_high == 0));
  };
  for (size_t count = 1; count < exact.digits.size(); ++count) {
    const NaiveDecimal below = Cut(exact, count, false);
    const NaiveDecimal above = Cut(exact, count, true);
    const bool below_fits = reads_back(below);
    const bool above_fits = reads_back(above);
    if (below_fits && above_fits) {
      const auto nearer = Compare(Difference(exact, below), Difference(above, exact));
      const bool below_is_even = (exact.digits[count - 1] - '0') % 2 == 0;
      return nearer < 0 || (nearer == 0 && below_is_even) ? below : above;
    }
    if (below_fits || above_fits) {
      return below_fits ? below : above;
    }
  }
  return exact;
}

NaiveDecimal NaiveSignificantDecimal(double value, size_t count) {
  const NaiveDecimal exact = NaiveExactDecimal(value);
  if (count >= exact.digits.size()) {
    return exact;
  }
  const char next = exact.digits[count];
  const bool tie = next == '5' && exact.digits.size() == count + 1;
  const bool odd = (exact.digits[count - 1] - '0') % 2 == 1;
  return Cut(exact, count, tie ? odd : next >= '5');
}

std::optional<std::string> NaiveNumericText(double value, Semantics semantics) {
  const bool postgresql = semantics == Semantics::kKokuPostgresql;
  if (std::isnan(value)) {
    return postgresql ? std::optional<std::string>("NaN") : std::nullopt;
  }
  if (std::isinf(value)) {
    return std::nullopt;
  }
  const NaiveDecimal decimal = postgresql
                                   ? NaiveSignificantDecimal(value, kPostgresqlSignificantDigits)
                                   : NaiveShortestDecimal(value);
  const NaiveDecimal rounded = RoundedHalfUp(decimal, kDecimals);
  if (rounded.point > kIntegerDigits) {
    return std::nullopt;
  }
  const bool negative = std::signbit(value) && !rounded.digits.empty();
  return (negative ? "-" : "") + FixedText(rounded, kDecimals);
}

std::string NaiveLabelDoubleText(double value) {
  const std::string sign = std::signbit(value) ? "-" : "";
  if (std::isinf(value)) {
    return sign + "Infinity";
  }
  const NaiveDecimal decimal = NaiveShortestDecimal(value);
  if (decimal.digits.empty()) {
    return sign + "0E0";
  }
  const std::string fraction = decimal.digits.size() > 1 ? decimal.digits.substr(1) : "0";
  return sign + decimal.digits[0] + "." + fraction + "E" + std::to_string(decimal.point - 1);
}

std::optional<std::string> NaiveJsonbNumberText(std::string_view literal) {
  const bool negative = literal.starts_with('-');
  const size_t exponent_at = literal.find_first_of("eE");
  const std::string_view plain = literal.substr(0, exponent_at).substr(negative ? 1 : 0);
  const size_t point_at = std::min(plain.find('.'), plain.size());
  std::string digits(plain.substr(0, point_at));
  int64_t decimals = 0;
  if (point_at < plain.size()) {
    digits += plain.substr(point_at + 1);
    decimals = static_cast<int64_t>(plain.size() - point_at - 1);
  }
  int64_t exponent = 0;
  if (exponent_at != std::string_view::npos) {
    bool exponent_negative = false;
    for (const char character : literal.substr(exponent_at + 1)) {
      if (character == '-') {
        exponent_negative = true;
      } else if (character != '+') {
        exponent = std::min<int64_t>(exponent * 10 + (character - '0'), 1'000'000);
      }
    }
    exponent = exponent_negative ? -exponent : exponent;
  }
  const int64_t point = static_cast<int64_t>(digits.size()) - decimals + exponent;
  const NaiveDecimal decimal = Normalized({digits, point});
  const int64_t scale = std::max<int64_t>(0, decimals - exponent);
  if (decimal.point > kJsonbIntegerDigits || scale > kJsonbDecimals) {
    return std::nullopt;
  }
  return (negative && !decimal.digits.empty() ? "-" : "") + FixedText(decimal, scale);
}

std::optional<std::string> NaiveFitText(std::string_view text, size_t limit) {
  if (text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  const std::u32string code_points = NaiveDecodeUtf8(text);
  std::string kept;
  for (size_t index = 0; index < code_points.size(); ++index) {
    if (index < limit) {
      NaiveAppendUtf8(code_points[index], &kept);
    } else if (code_points[index] != U' ') {
      return std::nullopt;
    }
  }
  return code_points.size() <= limit ? std::string(text) : kept;
}

}  // namespace matome::testing
