// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"

namespace matome::arrow_io {

/// Text as codes into a dictionary; a negative code is NULL. The writer stores the whole
/// dictionary, so it should hold only entries that the codes use.
struct TextValues {
  std::span<const int32_t> codes;
  std::span<const std::string_view> dictionary;
};

/// Numbers; `valid` has a byte for each, 0 for NULL, or is empty when none is NULL.
struct DoubleValues {
  std::span<const double> values;
  std::span<const uint8_t> valid = {};
  bool dictionary_encoding = true;
};
struct Int32Values {
  std::span<const int32_t> values;
  std::span<const uint8_t> valid = {};
};

/// Days since 1970-01-01, as DATE.
struct DateValues {
  std::span<const int32_t> values;
};

/// Milliseconds since 1970-01-01, as TIMESTAMP: of a wall clock without a zone, or adjusted to UTC.
struct TimestampValues {
  std::span<const int64_t> values;
  std::span<const uint8_t> valid = {};
  bool adjusted_to_utc = false;
};

/// A column to write; all columns of a file have one length, and are OPTIONAL.
struct WriteColumn {
  std::string_view name;
  std::variant<TextValues, DoubleValues, Int32Values, DateValues, TimestampValues> values;
  bool statistics =
      true;  // Smallest and largest value and the count of NULLs, for readers that skip by them.
};

struct WriteOptions {
  int64_t row_group_rows = 1'000'000;
  std::vector<std::pair<std::string, std::string>> metadata =
      {};                          // Key-value metadata of the file.
  bool store_arrow_schema = true;  // Adds ARROW:schema to it, as pyarrow does.
  // A text column whose dictionary page would reach this size goes on with plain pages; 0: plain
  // from the start, in every column.
  int64_t dictionary_page_bytes = int64_t{1} << 20;
};

/// Takes the bytes of a file in order.
using ByteSink = std::function<base::Status(std::span<const uint8_t>)>;

/// Writes one Snappy-compressed Parquet file: dictionary encoding with fall-back to plain, data
/// page v1, statistics. Equal input gives equal bytes. An error of `sink` is returned as it is.
base::Status WriteParquet(std::span<const WriteColumn> columns, const WriteOptions& options,
                          const ByteSink& sink);

}  // namespace matome::arrow_io
