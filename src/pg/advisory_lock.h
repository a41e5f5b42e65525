// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace matome::pg {

/// First numbers of our advisory locks; the second is a LockHash(). They are the same in every
/// version of the program, for versions must lock each other out.
inline constexpr int32_t kMonthLockClass = 0x6d61746f;  // A run, of a schema, source and month.
inline constexpr int32_t kDayLockClass = 0x6d617470;    // A transaction, of a day of these.
inline constexpr int32_t kSetupLockClass = 0x6d617471;  // Who makes tables or partitions.

/// FNV-1a of the texts, each ended by a zero byte.
constexpr int32_t LockHash(std::initializer_list<std::string_view> texts) {
  uint32_t hash = 0x811c9dc5;
  const auto add = [&hash](char c) { hash = (hash ^ static_cast<uint8_t>(c)) * 0x01000193; };
  for (const auto text : texts) {
    for (const char c : text) add(c);
    add('\0');
  }
  return static_cast<int32_t>(hash);
}

}  // namespace matome::pg
