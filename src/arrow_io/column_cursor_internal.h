// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/buffer.h>
#include <arrow/util/compression.h>
#include <parquet/types.h>

#include "arrow_io/page_header_internal.h"
#include "arrow_io/parquet_file.h"
#include "batch/block.h"

// Throughout this header errors are parquet::ParquetException; row_group_reader.cc catches them.

namespace matome::arrow_io {

/// Walks the pages of one column chunk and tells which rows of the page are NULL.
class PageWalker {
 public:
  /// `bytes` holds the chunk.
  PageWalker(const ColumnChunk& chunk, std::shared_ptr<arrow::Buffer> bytes);

  /// Rows left of the current page, loading the next page when there are none.
  int64_t AvailableRows() {
    while (taken_rows_ == page_rows_) LoadPage();
    return page_rows_ - taken_rows_;
  }
  /// Moves on by `rows`, at most AvailableRows(). Returns how many are not NULL; `valid` gets a
  /// byte per row if any of the page is NULL, and is emptied otherwise.
  int64_t Take(int64_t rows, std::vector<uint8_t>& valid);

  /// The dictionary page's values, PLAIN encoded, for as long as the walker lives; absent if the
  /// chunk has had none so far.
  const std::optional<std::span<const uint8_t>>& dictionary() const { return dictionary_; }
  int32_t dictionary_count() const { return dictionary_count_; }
  /// Counts data pages; values() and encoding() are of the latest.
  int64_t page_number() const { return page_number_; }
  parquet::Encoding::type encoding() const { return encoding_; }
  bool dictionary_encoded() const {
    return encoding_ == parquet::Encoding::RLE_DICTIONARY ||
           encoding_ == parquet::Encoding::PLAIN_DICTIONARY;
  }
  /// Valid until the next page.
  std::span<const uint8_t> values() const { return values_; }
  /// Where in the object the latest page begins.
  int64_t page_offset() const { return page_offset_; }
  int32_t values_count() const { return values_count_; }

 private:
  void LoadPage();
  void LoadDictionary(const PageHeader& header, std::span<const uint8_t> stored);
  void LoadDataPage(const PageHeader& header, std::span<const uint8_t> stored);
  void LoadDataPageV2(const PageHeader& header, std::span<const uint8_t> stored);
  void BeginRows(const PageHeader& header);
  void ReadLevels(std::span<const uint8_t> levels, int64_t rows);
  std::span<const uint8_t> Decompress(std::span<const uint8_t> stored, int64_t bytes,
                                      std::shared_ptr<arrow::ResizableBuffer>& buffer);

  bool optional_;
  std::shared_ptr<arrow::Buffer> bytes_;
  int64_t chunk_offset_;                       // In the object.
  const uint8_t* at_;                          // The next page.
  std::unique_ptr<arrow::util::Codec> codec_;  // Null: stored as it is.
  int64_t rows_left_;                          // Of pages not yet begun.
  std::shared_ptr<arrow::ResizableBuffer> dictionary_buffer_, page_buffer_;
  std::optional<std::span<const uint8_t>> dictionary_;
  int32_t dictionary_count_ = 0;
  int64_t page_number_ = 0;
  int64_t page_offset_ = 0;
  int64_t page_rows_ = 0;
  int64_t taken_rows_ = 0;
  bool has_nulls_ = false;
  std::vector<uint8_t> valid_;  // Of the page's rows, when it has NULLs.
  parquet::Encoding::type encoding_ = parquet::Encoding::PLAIN;
  std::span<const uint8_t> values_;
  int32_t values_count_ = 0;
};

/// Decodes one column of a block. Implementations keep the buffers that the view points to.
class ColumnCursor {
 public:
  virtual ~ColumnCursor() = default;
  /// How many rows can be read in one go.
  virtual int64_t AvailableRows() = 0;
  /// Where in the object the page at hand begins; -1 where no page is read.
  virtual int64_t page_offset() const { return -1; }
};

class TextCursor : public ColumnCursor {
 public:
  virtual void Read(int64_t rows, batch::TextView& view) = 0;
};

class NumberCursor : public ColumnCursor {
 public:
  virtual void Read(int64_t rows, batch::NumberView& view) = 0;
};

class TimeCursor : public ColumnCursor {
 public:
  virtual void Read(int64_t rows, std::vector<batch::TimeRun>& runs) = 0;
};

/// `bytes` holds the chunk; null for chunks that store nothing (kMissing, kNull). Throw for other
/// types than semantics §2.3 allows.
std::unique_ptr<TextCursor> MakeTextCursor(const ColumnChunk& chunk,
                                           std::shared_ptr<arrow::Buffer> bytes);
std::unique_ptr<NumberCursor> MakeNumberCursor(const ColumnChunk& chunk,
                                               std::shared_ptr<arrow::Buffer> bytes);
std::unique_ptr<TimeCursor> MakeTimeCursor(const ColumnChunk& chunk,
                                           std::shared_ptr<arrow::Buffer> bytes);

}  // namespace matome::arrow_io
