// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace matome::model {

/// The summary's gigabyte is 2^30 bytes. Scaling by a power of two is exact, so only the divisions
/// round; they are evaluated in the order that the rules write them (semantics §5.4, §5.5.3).
constexpr double Gigabytes(double bytes) { return bytes * 0x1p-30; }
constexpr double GigabyteHours(double byte_seconds) { return byte_seconds / 3600.0 * 0x1p-30; }
constexpr double CoreHours(double core_seconds) { return core_seconds / 3600.0; }

/// `month_days` is the number of days of the month that the usage lies in.
constexpr double GigabyteMonths(double byte_seconds, int32_t month_days) {
  return byte_seconds / (86400.0 * month_days) * 0x1p-30;
}

}  // namespace matome::model
