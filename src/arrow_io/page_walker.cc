// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <utility>

#include <arrow/util/crc32.h>
#include <parquet/exception.h>

#include "arrow_io/code_decoder_internal.h"
#include "arrow_io/column_cursor_internal.h"
#include "arrow_io/pool_internal.h"

namespace matome::arrow_io {
namespace {

using arrow::Compression;
using parquet::ParquetException;

std::unique_ptr<arrow::util::Codec> MakeCodec(const ColumnChunk& chunk) {
  const auto codec = static_cast<Compression::type>(chunk.codec);
  if (codec == Compression::UNCOMPRESSED) return nullptr;
  // What the engine that sets the rules cannot read must not silently become rows here.
  if (codec == Compression::LZ4 || codec == Compression::BROTLI) {
    throw ParquetException("compressed with a codec that the summary's engine does not read (" +
                           arrow::util::Codec::GetCodecAsString(codec) +
                           "); use Snappy, Gzip, Zstandard or none");
  }
  PARQUET_ASSIGN_OR_THROW(auto made, arrow::util::Codec::Create(codec));
  return made;
}

/// Whether RLE-encoded levels of bit width 1 are one run of ones over all rows: the usual column
/// without NULLs.
bool IsOneRunOfOnes(std::span<const uint8_t> levels, int64_t rows) {
  uint64_t header = 0;
  size_t at = 0;
  for (int shift = 0; at < levels.size() && shift < 63; shift += 7) {
    const uint8_t byte = levels[at++];
    header |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) {
      return (header & 1) == 0 && header >> 1 >= static_cast<uint64_t>(rows) &&
             at < levels.size() && levels[at] == 1;
    }
  }
  return false;
}

/// Takes levels of bit width 1 as a byte each.
struct LevelSink {
  uint8_t* out;

  void Repeat(uint32_t level, int64_t count) {
    out = std::fill_n(out, count, static_cast<uint8_t>(level & 1));
  }
  void Codes(const uint32_t* levels, int64_t count) {
    out = std::transform(levels, levels + count, out,
                         [](uint32_t level) { return static_cast<uint8_t>(level); });
  }
};

}  // namespace

PageWalker::PageWalker(const ColumnChunk& chunk, std::shared_ptr<arrow::Buffer> bytes)
    : optional_(chunk.optional),
      bytes_(std::move(bytes)),
      chunk_offset_(chunk.offset),
      at_(bytes_->data()),
      codec_(MakeCodec(chunk)),
      rows_left_(chunk.values) {}

std::span<const uint8_t> PageWalker::Decompress(std::span<const uint8_t> stored, int64_t bytes,
                                                std::shared_ptr<arrow::ResizableBuffer>& buffer) {
  if (codec_ && bytes == 0) return {};  // Compressed, nothing is a byte or none.
  if (!codec_) {
    if (static_cast<int64_t>(stored.size()) != bytes)
      throw ParquetException("a page of another size than it says");
    return stored;
  }
  if (!buffer) {
    PARQUET_ASSIGN_OR_THROW(buffer, arrow::AllocateResizableBuffer(bytes, Pool()));
  } else {
    PARQUET_THROW_NOT_OK(buffer->Resize(bytes, /*shrink_to_fit=*/false));
  }
  PARQUET_ASSIGN_OR_THROW(const int64_t got,
                          codec_->Decompress(static_cast<int64_t>(stored.size()), stored.data(),
                                             bytes, buffer->mutable_data()));
  if (got != bytes) throw ParquetException("a page of another size than it says");
  return {buffer->data(), static_cast<size_t>(bytes)};
}

void PageWalker::LoadPage() {
  const uint8_t* const end = bytes_->data() + bytes_->size();
  page_offset_ = chunk_offset_ + (at_ - bytes_->data());
  if (rows_left_ == 0 || at_ == end)
    throw ParquetException("fewer values than the row group has rows");
  const PageHeader header = ReadPageHeader(at_, end);
  const std::span<const uint8_t> stored(at_ + header.header_bytes,
                                        static_cast<size_t>(header.compressed_bytes));
  at_ = stored.data() + stored.size();
  if (header.checksum &&
      arrow::internal::crc32(0, stored.data(), stored.size()) != *header.checksum) {
    throw ParquetException("a page that does not match its checksum");
  }
  switch (header.type) {
    case parquet::PageType::DICTIONARY_PAGE:
      return LoadDictionary(header, stored);
    case parquet::PageType::DATA_PAGE:
      return LoadDataPage(header, stored);
    case parquet::PageType::DATA_PAGE_V2:
      return LoadDataPageV2(header, stored);
    default:
      return;  // Index pages hold no values.
  }
}

void PageWalker::LoadDictionary(const PageHeader& header, std::span<const uint8_t> stored) {
  if (dictionary_) throw ParquetException("a second dictionary page");
  if (header.encoding != parquet::Encoding::PLAIN &&
      header.encoding != parquet::Encoding::PLAIN_DICTIONARY) {
    throw ParquetException("a dictionary page of unknown encoding");
  }
  dictionary_ = Decompress(stored, header.uncompressed_bytes, dictionary_buffer_);
  dictionary_count_ = header.values;
}

void PageWalker::BeginRows(const PageHeader& header) {
  // Before memory is taken for them.
  if (header.values > rows_left_)
    throw ParquetException("a page with more values than the row group has left");
  rows_left_ -= header.values;
  taken_rows_ = 0;
  page_rows_ = values_count_ = header.values;
  encoding_ = header.encoding;
  has_nulls_ = false;
  if (page_rows_ > 0) ++page_number_;
}

void PageWalker::LoadDataPage(const PageHeader& header, std::span<const uint8_t> stored) {
  BeginRows(header);
  values_ = Decompress(stored, header.uncompressed_bytes, page_buffer_);
  if (!optional_ || page_rows_ == 0) return;
  if (header.level_encoding != parquet::Encoding::RLE) {
    throw ParquetException("definition levels that are not RLE encoded");
  }
  uint32_t levels_bytes = 0;
  if (values_.size() < sizeof(levels_bytes))
    throw ParquetException("a page without its definition levels");
  std::memcpy(&levels_bytes, values_.data(), sizeof(levels_bytes));
  values_ = values_.subspan(sizeof(levels_bytes));
  if (levels_bytes > values_.size())
    throw ParquetException("definition levels longer than their page");
  ReadLevels(values_.first(levels_bytes), page_rows_);
  values_ = values_.subspan(levels_bytes);
}

void PageWalker::LoadDataPageV2(const PageHeader& header, std::span<const uint8_t> stored) {
  BeginRows(header);
  const int64_t levels_bytes =
      int64_t{header.definition_level_bytes} + header.repetition_level_bytes;
  if (levels_bytes > header.compressed_bytes || levels_bytes > header.uncompressed_bytes)
    throw ParquetException("definition levels longer than their page");
  if (optional_ && page_rows_ > 0) {
    ReadLevels(stored.subspan(static_cast<size_t>(header.repetition_level_bytes),
                              static_cast<size_t>(header.definition_level_bytes)),
               page_rows_);
  }
  values_ = stored.subspan(static_cast<size_t>(levels_bytes));
  if (header.values_compressed)
    values_ = Decompress(values_, header.uncompressed_bytes - levels_bytes, page_buffer_);
}

void PageWalker::ReadLevels(std::span<const uint8_t> levels, int64_t rows) {
  if (IsOneRunOfOnes(levels, rows)) return;
  has_nulls_ = true;
  valid_.resize(static_cast<size_t>(rows));
  CodeDecoder decoder;
  decoder.Reset(levels.data(), levels.data() + levels.size(), 1);
  LevelSink sink{valid_.data()};
  decoder.Decode(rows, sink);
  values_count_ = static_cast<int32_t>(std::count(valid_.begin(), valid_.end(), 1));
}

int64_t PageWalker::Take(int64_t rows, std::vector<uint8_t>& valid) {
  valid.clear();
  int64_t values = rows;
  if (has_nulls_) {
    const auto first = valid_.begin() + taken_rows_;
    valid.assign(first, first + rows);
    values = std::count(valid.begin(), valid.end(), 1);
  }
  taken_rows_ += rows;
  return values;
}

}  // namespace matome::arrow_io
