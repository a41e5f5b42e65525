// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace matome::batch {

/// A text's number within one row group. 0 is NULL.
using Code = uint32_t;
inline constexpr Code kNullCode = 0;

/// A text column of a block: a code per row. Dictionary codes of the file are kept as they are, so
/// that work on a text is done once per entry and not once per row.
struct TextView {
  const Code* codes = nullptr;
  /// The entries whose codes were not seen in an earlier block of the row group, in order of code;
  /// the first has code `first_new_code`. Entries of plain pages get a code each, so equal texts
  /// can have several codes. Valid until the next block.
  std::span<const std::string_view> new_entries;
  Code first_new_code = 1;
};

/// A number column of a block. `valid` has a byte per row, 0 for NULL, or is null when no row is
/// NULL.
struct NumberView {
  const double* values = nullptr;
  const uint8_t* valid = nullptr;

  bool has(int64_t row) const { return valid == nullptr || valid[row] != 0; }
};

/// Consecutive rows of one interval_start (wall-clock milliseconds since 1970-01-01; absent is
/// NULL), up to but not including row `end`.
struct TimeRun {
  std::optional<int64_t> millis;
  int64_t end = 0;
};

/// Some rows of one row group, in file order; columns as the projection names them. A block is
/// owned by its reader and valid until the reader's next block.
struct Block {
  int64_t rows = 0;
  int64_t first_row = 0;  // Within the row group.
  std::vector<TextView> texts;
  std::vector<NumberView> numbers;
  std::vector<TimeRun> times;
};

}  // namespace matome::batch
