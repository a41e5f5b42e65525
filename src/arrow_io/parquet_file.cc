// SPDX-License-Identifier: Apache-2.0
#include "arrow_io/parquet_file.h"

#include <algorithm>

#include <fmt/format.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>
#include <parquet/types.h>

#include "arrow_io/store_file_internal.h"

namespace matome::arrow_io {
namespace {

constexpr int64_t kMinimumBytes = 12;  // Two magic words and a footer length.

bool EqualIgnoringCase(std::string_view left, std::string_view right) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

/// Whether an integer type's stored bits, read as signed, are its value.
bool IsSignedOrSmall(const parquet::LogicalType& logical) {
  const auto& integer = static_cast<const parquet::IntLogicalType&>(logical);
  return integer.is_signed() || integer.bit_width() < 32;
}

StoredType TypeOf(const parquet::ColumnDescriptor& column) {
  using Kind = parquet::LogicalType::Type;
  if (column.path()->ToDotVector().size() != 1 || column.max_repetition_level() != 0) {
    return StoredType::kOther;
  }
  const auto& logical = column.logical_type();
  const Kind::type kind = logical ? logical->type() : Kind::NONE;
  if (kind == Kind::NIL) return StoredType::kNull;
  const bool plain_number = kind == Kind::NONE || kind == Kind::UNDEFINED ||
                            (kind == Kind::INT && IsSignedOrSmall(*logical));
  switch (column.physical_type()) {
    case parquet::Type::BYTE_ARRAY:
      return kind == Kind::DECIMAL ? StoredType::kOther : StoredType::kText;
    case parquet::Type::DOUBLE:
      return StoredType::kDouble;
    case parquet::Type::FLOAT:
      return StoredType::kFloat;
    case parquet::Type::INT32:
      return plain_number ? StoredType::kInt32 : StoredType::kOther;
    case parquet::Type::INT96:
      return StoredType::kInt96;
    case parquet::Type::INT64:
      break;
    default:
      return StoredType::kOther;
  }
  if (plain_number) return StoredType::kInt64;
  if (kind != Kind::TIMESTAMP) return StoredType::kOther;
  switch (static_cast<const parquet::TimestampLogicalType&>(*logical).time_unit()) {
    case parquet::LogicalType::TimeUnit::MILLIS:
      return StoredType::kTimestampMillis;
    case parquet::LogicalType::TimeUnit::MICROS:
      return StoredType::kTimestampMicros;
    case parquet::LogicalType::TimeUnit::NANOS:
      return StoredType::kTimestampNanos;
    default:
      return StoredType::kOther;
  }
}

std::string NameOfType(const parquet::ColumnDescriptor& column) {
  std::string name = parquet::TypeToString(column.physical_type());
  const auto& logical = column.logical_type();
  if (logical && !logical->is_none() && logical->is_valid())
    name += " (" + logical->ToString() + ")";
  return name;
}

int64_t FloorDivide(int64_t value, int64_t divisor) {
  const int64_t quotient = value / divisor;
  return value % divisor < 0 ? quotient - 1 : quotient;
}

std::optional<TimeBounds> BoundsOf(const parquet::ColumnChunkMetaData& chunk, StoredType type) {
  int64_t unit = 1;
  if (type == StoredType::kTimestampMicros) {
    unit = 1'000;
  } else if (type == StoredType::kTimestampNanos) {
    unit = 1'000'000;
  } else if (type != StoredType::kTimestampMillis) {
    return std::nullopt;
  }
  const auto statistics = chunk.statistics();
  if (!statistics || !statistics->HasMinMax()) return std::nullopt;
  const auto& typed = static_cast<const parquet::Int64Statistics&>(*statistics);
  return TimeBounds{.min_millis = FloorDivide(typed.min(), unit),
                    .max_millis = FloorDivide(typed.max(), unit),
                    .no_nulls = statistics->HasNullCount() && statistics->null_count() == 0};
}

base::Result<ColumnChunk> ChunkOf(const parquet::ColumnChunkMetaData& metadata,
                                  const parquet::ColumnDescriptor& column, StoredType type,
                                  int64_t file_bytes) {
  int64_t offset = metadata.data_page_offset();
  if (metadata.has_dictionary_page() && metadata.dictionary_page_offset() > 0) {
    offset = std::min(offset, metadata.dictionary_page_offset());
  }
  const int64_t bytes = metadata.total_compressed_size();
  if (offset < 0 || bytes < 0 || offset > file_bytes || bytes > file_bytes - offset) {
    return base::BadInput(
        fmt::format("column {}: its bytes lie outside of the file", column.name()));
  }
  return ColumnChunk{.type = type,
                     .codec = static_cast<uint8_t>(metadata.compression()),
                     .optional = column.max_definition_level() > 0,
                     .offset = offset,
                     .compressed_bytes = bytes,
                     .uncompressed_bytes = std::max<int64_t>(metadata.total_uncompressed_size(), 0),
                     .values = metadata.num_values()};
}

base::Result<ParquetFile> Extract(const parquet::FileMetaData& metadata,
                                  const store::ObjectRef& object,
                                  std::span<const std::string_view> columns) {
  ParquetFile file{.object = object, .columns = columns, .other_types = {}, .row_groups = {}};
  file.other_types.resize(columns.size());
  const auto& schema = *metadata.schema();
  std::vector<int> indices(columns.size(), -1);
  std::vector<StoredType> types(columns.size(), StoredType::kMissing);
  for (int index = 0; index < schema.num_columns(); ++index) {
    const auto& column = *schema.Column(index);
    const std::string root = column.path()->ToDotVector().front();
    const auto found = std::find_if(columns.begin(), columns.end(), [&](std::string_view name) {
      return EqualIgnoringCase(name, root);
    });
    if (found == columns.end()) continue;
    const auto at = static_cast<size_t>(found - columns.begin());
    if (indices[at] >= 0) continue;
    indices[at] = index;
    types[at] = TypeOf(column);
    if (types[at] == StoredType::kOther) file.other_types[at] = NameOfType(column);
  }
  for (int group = 0; group < metadata.num_row_groups(); ++group) {
    const auto row_group = metadata.RowGroup(group);
    RowGroup extracted;
    extracted.rows = row_group->num_rows();
    if (extracted.rows < 0) return base::BadInput("a row group with a negative number of rows");
    if (extracted.rows == 0) continue;
    extracted.chunks.resize(columns.size());
    for (size_t at = 0; at < columns.size(); ++at) {
      if (indices[at] < 0) continue;
      const auto chunk = row_group->ColumnChunk(indices[at]);
      MATOME_ASSIGN_OR_RETURN(extracted.chunks[at], ChunkOf(*chunk, *schema.Column(indices[at]),
                                                            types[at], object.size_bytes));
      if (at == 0) extracted.time_bounds = BoundsOf(*chunk, types[at]);
    }
    file.row_groups.push_back(std::move(extracted));
  }
  return file;
}

}  // namespace

base::Result<ParquetFile> ReadFooter(const store::ObjectStore& store,
                                     const store::ObjectRef& object,
                                     std::span<const std::string_view> columns) {
  if (object.size_bytes < kMinimumBytes) {
    return base::BadInput(fmt::format("not Parquet: only {} bytes", object.size_bytes));
  }
  MATOME_ASSIGN_OR_RETURN(const auto opened, store.Open(object));
  const auto source = std::make_shared<StoreFile>(*opened, object.size_bytes);
  try {
    return Extract(
        *parquet::ParquetFileReader::Open(source, parquet::ReaderProperties(Pool()))->metadata(),
        object, columns);
  } catch (const std::exception& error) {
    if (!source->store_status().ok()) return source->store_status();
    return base::BadInput(error.what());
  }
}

}  // namespace matome::arrow_io
