// SPDX-License-Identifier: Apache-2.0
#include "pg/numeric_encoder.h"

#include <bit>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/hash.h"

namespace matome::pg {
namespace {

constexpr int kScale = 15;
constexpr uint64_t kIntegerLimit = 1'000'000'000'000'000'000;  // 10^(33 - 15).
constexpr int kFloat8Digits = 15;  // What PostgreSQL keeps when it casts a double to numeric.
constexpr uint32_t kNegative = 0x4000;
constexpr uint32_t kNan = 0xC000;
constexpr uint32_t kGroup = 10'000;

constexpr auto kPowersOfTen = [] {
  std::array<uint64_t, 20> powers{1};
  for (size_t power = 1; power < powers.size(); ++power) powers[power] = powers[power - 1] * 10;
  return powers;
}();
constexpr uint64_t PowerOfTen(int power) { return kPowersOfTen[static_cast<size_t>(power)]; }

/// significand * 10^exponent, the significand below 10^18.
struct Decimal {
  uint64_t significand = 0;
  int exponent = 0;
};

Decimal Float8Digits(double magnitude) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), magnitude,
                                 std::chars_format::scientific, kFloat8Digits - 1);
  Decimal decimal;
  const char* cursor = text.data();
  for (; *cursor != 'e'; ++cursor) {
    if (*cursor != '.') decimal.significand = decimal.significand * 10 + uint64_t(*cursor - '0');
  }
  ++cursor;
  if (*cursor == '+') ++cursor;
  std::from_chars(cursor, end.ptr, decimal.exponent);
  decimal.exponent -= kFloat8Digits - 1;
  return decimal;
}

Decimal ShortestDigits(double magnitude) {
  if (magnitude == 0) return {};
  // Three times as fast as std::to_chars() and reading its text; the fuzzer compares the two.
  const auto shortest = fmt::detail::dragonbox::to_decimal(magnitude);
  return {shortest.significand, shortest.exponent};
}

/// A magnitude rounded half up to 15 decimals.
struct Fixed {
  uint64_t integer = 0;
  uint64_t decimals = 0;  // Of 10^15.
};

/// False when it is 10^18 or more.
bool Round(Decimal decimal, Fixed& fixed) {
  auto [significand, exponent] = decimal;
  if (significand == 0) return true;
  if (exponent >= 0) {
    if (exponent > 18 || significand >= kIntegerLimit / PowerOfTen(exponent)) return false;
    fixed.integer = significand * PowerOfTen(exponent);
    return true;
  }
  if (exponent < -kScale) {
    const int dropped = -kScale - exponent;
    if (dropped > 18) return true;  // Below half a unit of the last place.
    const uint64_t unit = PowerOfTen(dropped);
    significand = significand / unit + (significand % unit >= unit / 2 ? 1 : 0);
    exponent = -kScale;
  }
  const uint64_t one = PowerOfTen(-exponent);
  fixed.integer = significand / one;
  fixed.decimals = significand % one * PowerOfTen(kScale + exponent);
  return true;
}

}  // namespace

NumericField NumericField::Of(double value, model::Semantics semantics) {
  const bool trino = semantics == model::Semantics::kTrino;
  const double magnitude = std::fabs(value);
  NumericField field;
  const auto start = [&field](size_t groups, uint32_t weight, uint32_t sign) {
    field.Append16(0);
    field.Append16(static_cast<uint32_t>(8 + 2 * groups));
    field.Append16(static_cast<uint32_t>(groups));
    field.Append16(weight);
    field.Append16(sign);
    field.Append16(sign == kNan ? 0 : kScale);
  };
  if (std::isnan(value)) {
    if (!trino) start(0, 0, kNan);
    return field;
  }
  if (magnitude >= 2e18) return field;
  Fixed fixed;
  if (!Round(trino ? ShortestDigits(magnitude) : Float8Digits(magnitude), fixed)) return field;

  // 5 groups before the point, 4 after it: 15 decimals and a zero.
  std::array<uint16_t, 9> groups;
  uint64_t rest = fixed.decimals * 10;
  for (size_t at = 9; at-- > 5; rest /= kGroup) groups[at] = static_cast<uint16_t>(rest % kGroup);
  rest = fixed.integer;
  for (size_t at = 5; at-- > 0; rest /= kGroup) groups[at] = static_cast<uint16_t>(rest % kGroup);
  size_t first = 0;
  size_t end = groups.size();
  while (first < end && groups[first] == 0) ++first;
  while (end > first && groups[end - 1] == 0) --end;
  const bool zero = first == end;
  start(end - first, zero ? 0 : static_cast<uint32_t>(4 - static_cast<int>(first)),
        !zero && std::signbit(value) ? kNegative : 0);
  for (; first < end; ++first) field.Append16(groups[first]);
  return field;
}

const NumericField& NumericCache::Field(double value) {
  const auto bits = std::bit_cast<uint64_t>(value);
  Slot& slot = (*slots_)[base::HashInteger(bits) % kSlots];
  if (slot.bits != bits || slot.field.empty()) {
    slot = {.bits = bits, .field = NumericField::Of(value, semantics_)};
  }
  return slot.field;
}

}  // namespace matome::pg
