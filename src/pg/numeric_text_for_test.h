// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace matome::pg {

/// The text of a numeric field of binary COPY, as PostgreSQL would print it; "?" and what is wrong
/// for a field that PostgreSQL would not write itself. Made digit by digit, without arithmetic.
inline std::string NumericTextForTest(std::string_view field) {
  const auto read16 = [field](size_t at) {
    return static_cast<uint8_t>(field[at]) << 8 | static_cast<uint8_t>(field[at + 1]);
  };
  if (field.size() < 12 || read16(0) != 0 || static_cast<size_t>(read16(2)) != field.size() - 4) {
    return "? length";
  }
  const int count = read16(4);
  const int weight = static_cast<int16_t>(read16(6));
  const int sign = read16(8);
  const int scale = read16(10);
  if (field.size() != 12 + 2 * static_cast<size_t>(count)) return "? count";
  if (sign == 0xC000) return count == 0 && weight == 0 && scale == 0 ? "NaN" : "? NaN";
  if (sign != 0 && (sign != 0x4000 || count == 0)) return "? sign";
  if (count == 0 && weight != 0) return "? weight of zero";
  // The group that stands for 10000^power.
  const auto group = [&](int power) {
    const int index = weight - power;
    return index >= 0 && index < count ? read16(12 + 2 * static_cast<size_t>(index)) : 0;
  };
  if (count > 0 && (group(weight) == 0 || group(weight - count + 1) == 0)) return "? zero group";
  std::string integer;
  std::string decimals;
  for (int power = weight; power >= -8; --power) {
    if (group(power) > 9999) return "? group";
    const std::string digits = std::to_string(10'000 + group(power)).substr(1);
    (power >= 0 ? integer : decimals) += digits;
  }
  if (weight < -1) decimals.insert(0, static_cast<size_t>(-1 - weight) * 4, '0');
  integer.erase(0, integer.find_first_not_of('0'));
  if (decimals.find_first_not_of('0', static_cast<size_t>(scale)) != std::string::npos) {
    return "? digits beyond the scale";
  }
  return (sign != 0 ? "-" : "") + (integer.empty() ? "0" : integer) + "." +
         decimals.substr(0, static_cast<size_t>(scale));
}

}  // namespace matome::pg
