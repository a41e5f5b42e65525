// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/object_store.h"

namespace matome::arrow_io {

/// What the stored values of a column are, as far as the summary tells them apart.
enum class StoredType : uint8_t {
  kMissing,  // The file has no such column.
  kNull,     // A column of the null type.
  kText,     // BYTE_ARRAY, marked as text or not.
  kDouble,
  kFloat,
  kInt32,
  kInt64,
  kTimestampMillis,
  kTimestampMicros,
  kTimestampNanos,
  kInt96,
  kOther,  // Nothing that the summary reads: decimals, dates, booleans, nested columns, …
};

/// Where one column of one row group lies. Everything a reader needs, so that the footer can be
/// dropped.
struct ColumnChunk {
  StoredType type = StoredType::kMissing;
  uint8_t codec = 0;     // Of parquet's Compression.
  bool optional = true;  // Definition levels are stored.
  int64_t offset = 0;
  int64_t compressed_bytes = 0;
  int64_t uncompressed_bytes = 0;
  int64_t values = 0;
};

struct TimeBounds {
  int64_t min_millis = 0;
  int64_t max_millis = 0;
  bool no_nulls = false;  // Known to hold no NULL.
};

struct RowGroup {
  int64_t rows = 0;
  std::optional<TimeBounds>
      time_bounds;  // Of interval_start, from statistics; absent where there are none.
  std::vector<ColumnChunk> chunks;  // One for each of the columns asked for.
};

/// The part of a Parquet footer that concerns some columns. A value; holds no file open.
struct ParquetFile {
  store::ObjectRef object;
  std::span<const std::string_view> columns;  // As asked for.
  std::vector<std::string>
      other_types;  // For columns of StoredType::kOther: what they are; else empty.
  std::vector<RowGroup> row_groups;  // Those that have rows.
};

/// Reads an object's footer. Columns are found by name, ignoring case. `columns` must outlive the
/// result; its first entry is interval_start. Not Parquet, or damaged: kBadInput.
base::Result<ParquetFile> ReadFooter(const store::ObjectStore& store,
                                     const store::ObjectRef& object,
                                     std::span<const std::string_view> columns);
/// The same for an object whose bytes are at hand.
base::Result<ParquetFile> ReadFooter(std::span<const uint8_t> bytes, const store::ObjectRef& object,
                                     std::span<const std::string_view> columns);

}  // namespace matome::arrow_io
