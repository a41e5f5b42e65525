// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <utility>

#include <arrow/io/memory.h>
#include <parquet/exception.h>
#include <parquet/properties.h>
#include <parquet/types.h>

#include "arrow_io/column_cursor_internal.h"
#include "arrow_io/pool_internal.h"

namespace matome::arrow_io {
namespace {

using parquet::ParquetException;

parquet::Type::type PhysicalOf(StoredType type) {
  switch (type) {
    case StoredType::kText:
      return parquet::Type::BYTE_ARRAY;
    case StoredType::kDouble:
      return parquet::Type::DOUBLE;
    case StoredType::kFloat:
      return parquet::Type::FLOAT;
    case StoredType::kInt32:
      return parquet::Type::INT32;
    case StoredType::kInt96:
      return parquet::Type::INT96;
    default:
      return parquet::Type::INT64;
  }
}

/// What Arrow wants to know about a column. It never asks for the name, so one descriptor serves
/// all columns of a type.
const parquet::ColumnDescriptor& DescriptorOf(const ColumnChunk& chunk) {
  static const auto make = [](parquet::Type::type type, bool optional) {
    const auto repetition =
        optional ? parquet::Repetition::OPTIONAL : parquet::Repetition::REQUIRED;
    const int16_t level = optional ? 1 : 0;
    return parquet::ColumnDescriptor(parquet::schema::PrimitiveNode::Make("", repetition, type),
                                     level, 0);
  };
  static const auto all = [] {
    std::map<std::pair<parquet::Type::type, bool>, parquet::ColumnDescriptor> descriptors;
    for (const auto type : {parquet::Type::BYTE_ARRAY, parquet::Type::DOUBLE, parquet::Type::FLOAT,
                            parquet::Type::INT32, parquet::Type::INT64, parquet::Type::INT96}) {
      for (const bool optional : {false, true})
        descriptors.emplace(std::pair(type, optional), make(type, optional));
    }
    return descriptors;
  }();
  return all.at({PhysicalOf(chunk.type), chunk.optional});
}

std::unique_ptr<parquet::PageReader> OpenPages(const ColumnChunk& chunk,
                                               const parquet::ColumnDescriptor& descriptor,
                                               std::shared_ptr<arrow::Buffer> bytes) {
  const auto codec = static_cast<parquet::Compression::type>(chunk.codec);
  // What the engine that sets the rules cannot read must not silently become rows here.
  if (codec == parquet::Compression::LZ4 || codec == parquet::Compression::BROTLI) {
    throw ParquetException("compressed with a codec that the summary's engine does not read (" +
                           arrow::util::Codec::GetCodecAsString(codec) +
                           "); use Snappy, Gzip, Zstandard or none");
  }
  parquet::ReaderProperties properties(Pool());
  properties.set_page_checksum_verification(true);
  return parquet::PageReader::Open(std::make_shared<arrow::io::BufferReader>(std::move(bytes)),
                                   chunk.values, codec, properties, descriptor);
}

/// Whether RLE-encoded levels of bit width 1 are one run of ones over all rows: the usual column
/// without NULLs.
bool IsOneRunOfOnes(const uint8_t* levels, int32_t bytes, int64_t rows) {
  uint64_t header = 0;
  int32_t at = 0;
  for (int shift = 0; at < bytes && shift < 63; shift += 7) {
    const uint8_t byte = levels[at++];
    header |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) {
      return (header & 1) == 0 && header >> 1 >= static_cast<uint64_t>(rows) && at < bytes &&
             levels[at] == 1;
    }
  }
  return false;
}

int32_t LittleEndian32(const uint8_t* bytes) {
  return static_cast<int32_t>(
      static_cast<uint32_t>(bytes[0]) | static_cast<uint32_t>(bytes[1]) << 8 |
      static_cast<uint32_t>(bytes[2]) << 16 | static_cast<uint32_t>(bytes[3]) << 24);
}

}  // namespace

PageWalker::PageWalker(const ColumnChunk& chunk, std::shared_ptr<arrow::Buffer> bytes)
    : optional_(chunk.optional),
      descriptor_(DescriptorOf(chunk)),
      pages_(OpenPages(chunk, descriptor_, std::move(bytes))),
      rows_left_(chunk.values) {}

int64_t PageWalker::AvailableRows() {
  while (taken_rows_ == page_rows_) LoadPage();
  return page_rows_ - taken_rows_;
}

void PageWalker::CheckRows(int64_t rows) {
  // Before memory is taken for them.
  if (rows < 0 || rows > rows_left_)
    throw ParquetException("a page with more values than the row group has left");
  rows_left_ -= rows;
}

void PageWalker::LoadPage() {
  page_ = pages_->NextPage();
  if (!page_) throw ParquetException("fewer values than the row group has rows");
  taken_rows_ = 0;
  page_rows_ = 0;
  switch (page_->type()) {
    case parquet::PageType::DICTIONARY_PAGE: {
      const auto& page = static_cast<const parquet::DictionaryPage&>(*page_);
      if (dictionary_) throw ParquetException("a second dictionary page");
      if (page.encoding() != parquet::Encoding::PLAIN &&
          page.encoding() != parquet::Encoding::PLAIN_DICTIONARY) {
        throw ParquetException("a dictionary page of unknown encoding");
      }
      if (page.num_values() < 0) throw ParquetException("a dictionary of negative size");
      PARQUET_ASSIGN_OR_THROW(dictionary_, page.buffer()->CopySlice(0, page.size(), Pool()));
      dictionary_count_ = page.num_values();
      return;
    }
    case parquet::PageType::DATA_PAGE: {
      const auto& page = static_cast<const parquet::DataPageV1&>(*page_);
      CheckRows(page.num_values());
      encoding_ = page.encoding();
      values_ = page.data();
      values_bytes_ = page.size();
      has_nulls_ = false;
      if (optional_ && page.num_values() > 0) {
        if (page.definition_level_encoding() != parquet::Encoding::RLE) {
          throw ParquetException("definition levels that are not RLE encoded");
        }
        if (values_bytes_ < 4) throw ParquetException("a page without its definition levels");
        const int32_t levels_bytes = LittleEndian32(values_);
        if (levels_bytes < 0 || levels_bytes > values_bytes_ - 4) {
          throw ParquetException("definition levels longer than their page");
        }
        ReadLevels(values_ + 4, levels_bytes, page.num_values());
        values_ += 4 + levels_bytes;
        values_bytes_ -= 4 + levels_bytes;
      }
      break;
    }
    case parquet::PageType::DATA_PAGE_V2: {
      const auto& page = static_cast<const parquet::DataPageV2&>(*page_);
      const int64_t levels_bytes =
          int64_t{page.definition_levels_byte_length()} + page.repetition_levels_byte_length();
      CheckRows(page.num_values());
      if (page.definition_levels_byte_length() < 0 || page.repetition_levels_byte_length() < 0 ||
          levels_bytes > page.size()) {
        throw ParquetException("definition levels longer than their page");
      }
      encoding_ = page.encoding();
      has_nulls_ = false;
      if (optional_) {
        ReadLevels(page.data() + page.repetition_levels_byte_length(),
                   page.definition_levels_byte_length(), page.num_values());
      }
      values_ = page.data() + levels_bytes;
      values_bytes_ = static_cast<int32_t>(page.size() - levels_bytes);
      break;
    }
    default:
      return;  // Index pages hold no values.
  }
  page_rows_ = static_cast<const parquet::DataPage&>(*page_).num_values();
  values_count_ = static_cast<int32_t>(
      has_nulls_ ? std::count(levels_.begin(), levels_.end(), int16_t{1}) : page_rows_);
  if (page_rows_ > 0) ++page_number_;
}

void PageWalker::ReadLevels(const uint8_t* levels, int32_t bytes, int64_t rows) {
  if (IsOneRunOfOnes(levels, bytes, rows)) return;
  has_nulls_ = true;
  levels_.resize(static_cast<size_t>(rows));
  parquet::LevelDecoder decoder;
  decoder.SetDataV2(bytes, 1, static_cast<int>(rows), levels);
  if (decoder.Decode(static_cast<int>(rows), levels_.data()) != rows) {
    throw ParquetException("fewer definition levels than rows");
  }
}

int64_t PageWalker::Take(int64_t rows, std::vector<uint8_t>& valid) {
  valid.clear();
  int64_t values = rows;
  if (has_nulls_) {
    valid.resize(static_cast<size_t>(rows));
    const int16_t* levels = levels_.data() + taken_rows_;
    values = 0;
    for (int64_t row = 0; row < rows; ++row) {
      valid[static_cast<size_t>(row)] = static_cast<uint8_t>(levels[row]);
      values += levels[row];
    }
  }
  taken_rows_ += rows;
  return values;
}

}  // namespace matome::arrow_io
