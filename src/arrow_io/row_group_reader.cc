// SPDX-License-Identifier: Apache-2.0
#include "arrow_io/row_group_reader.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <arrow/buffer.h>
#include <fmt/format.h>
#include <parquet/exception.h>

#include "arrow_io/column_cursor_internal.h"
#include "arrow_io/pool_internal.h"

namespace matome::arrow_io {
namespace {

struct Wanted {
  size_t column = 0;  // Into ParquetFile::columns.
  std::shared_ptr<arrow::Buffer> bytes;
};

bool StoresBytes(const ColumnChunk& chunk) {
  return chunk.type != StoredType::kMissing && chunk.type != StoredType::kNull;
}

size_t IndexOf(const ParquetFile& file, std::string_view name) {
  return static_cast<size_t>(std::find(file.columns.begin(), file.columns.end(), name) -
                             file.columns.begin());
}

/// Fills in the bytes of the wanted chunks, which lie in the ranges.
base::Result<int64_t> ReadChunks(const store::RandomAccessObject& object, const RowGroup& group,
                                 const std::vector<ByteRange>& ranges,
                                 std::vector<Wanted>& wanted) {
  int64_t bytes_read = 0;
  for (const ByteRange& range : ranges) {
    PARQUET_ASSIGN_OR_THROW(std::shared_ptr<arrow::Buffer> buffer,
                            arrow::AllocateBuffer(range.bytes, Pool()));
    MATOME_RETURN_IF_ERROR(
        object.ReadAt(range.offset, {buffer->mutable_data(), static_cast<size_t>(buffer->size())}));
    bytes_read += range.bytes;
    for (Wanted& each : wanted) {
      const ColumnChunk& chunk = group.chunks[each.column];
      if (StoresBytes(chunk) && chunk.offset >= range.offset &&
          chunk.offset + chunk.compressed_bytes <= range.offset + range.bytes) {
        each.bytes =
            arrow::SliceBuffer(buffer, chunk.offset - range.offset, chunk.compressed_bytes);
      }
    }
  }
  return bytes_read;
}

}  // namespace

std::vector<ByteRange> RangesToRead(const ParquetFile& file, int row_group,
                                    const model::Projection& projection, bool read_time,
                                    int64_t merge_gap_bytes) {
  std::vector<ByteRange> chunks;
  const auto want = [&](size_t column) {
    const ColumnChunk& chunk = file.row_groups[static_cast<size_t>(row_group)].chunks[column];
    if (StoresBytes(chunk))
      chunks.push_back({chunk.offset, chunk.compressed_bytes, chunk.compressed_bytes});
  };
  for (const auto name : projection.texts) want(IndexOf(file, name));
  for (const auto name : projection.numbers) want(IndexOf(file, name));
  if (read_time) want(0);
  std::sort(chunks.begin(), chunks.end(), [](const ByteRange& left, const ByteRange& right) {
    return std::pair(left.offset, left.bytes) < std::pair(right.offset, right.bytes);
  });
  std::vector<ByteRange> ranges;
  for (const ByteRange& chunk : chunks) {
    if (ranges.empty() ||
        chunk.offset > ranges.back().offset + ranges.back().bytes + merge_gap_bytes) {
      ranges.push_back(chunk);
      continue;
    }
    ByteRange& range = ranges.back();
    range.bytes = std::max(range.bytes, chunk.offset + chunk.bytes - range.offset);
    range.wanted_bytes += chunk.bytes;
  }
  return ranges;
}

struct RowGroupReader::State {
  int64_t rows = 0;
  int64_t batch_rows = 0;
  int64_t bytes_read = 0;
  const ParquetFile* file = nullptr;
  std::optional<TimeBounds> time_bounds;
  std::vector<size_t> text_columns, number_columns;  // Into ParquetFile::columns.
  std::vector<std::unique_ptr<TextCursor>> texts;
  std::vector<std::unique_ptr<NumberCursor>> numbers;
  std::unique_ptr<TimeCursor> time;
  batch::Block block;
  // The column at work and, once its pages are read, its cursor: for the message of an exception.
  size_t at_column = 0;
  const ColumnCursor* at_cursor = nullptr;

  template <typename Cursor>
  Cursor& At(size_t column, const std::unique_ptr<Cursor>& cursor) {
    at_column = column;
    at_cursor = cursor.get();
    return *cursor;
  }

  void Fill() {
    block.first_row += block.rows;
    int64_t count = std::min(batch_rows, rows - block.first_row);
    const auto limit = [&](ColumnCursor& cursor) {
      count = std::min(count, cursor.AvailableRows());
    };
    if (time) limit(At(0, time));
    for (size_t at = 0; at < texts.size(); ++at) limit(At(text_columns[at], texts[at]));
    for (size_t at = 0; at < numbers.size(); ++at) limit(At(number_columns[at], numbers[at]));
    block.rows = count;
    if (time) {
      At(0, time).Read(count, block.times);
      at_cursor = nullptr;
      CheckTimes();
    }
    for (size_t at = 0; at < texts.size(); ++at)
      At(text_columns[at], texts[at]).Read(count, block.texts[at]);
    for (size_t at = 0; at < numbers.size(); ++at)
      At(number_columns[at], numbers[at]).Read(count, block.numbers[at]);
  }

  /// Who reads goes by the statistics for which days a row group holds, so rows must not contradict
  /// them.
  void CheckTimes() const {
    if (!time_bounds) return;
    for (const auto& run : block.times) {
      if (!run.millis ||
          (time_bounds->min_millis <= *run.millis && *run.millis <= time_bounds->max_millis))
        continue;
      throw parquet::ParquetException("a value outside of the column's statistics");
    }
  }

  base::Status ColumnError(std::string_view what) const {
    const std::string& other = file->other_types[at_column];
    const std::string stored = other.empty() ? "" : fmt::format(" (stored as {})", other);
    const int64_t page = at_cursor == nullptr ? -1 : at_cursor->page_offset();
    const std::string where = page < 0 ? "" : fmt::format("page at byte {}: ", page);
    return base::BadInput(
        fmt::format("column {}{}: {}{}", file->columns[at_column], stored, where, what));
  }
};

int64_t PoolBytes() { return Pool()->bytes_allocated(); }

RowGroupReader::RowGroupReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
RowGroupReader::RowGroupReader(RowGroupReader&&) noexcept = default;
RowGroupReader& RowGroupReader::operator=(RowGroupReader&&) noexcept = default;
RowGroupReader::~RowGroupReader() = default;

int64_t RowGroupReader::bytes_read() const { return state_->bytes_read; }

base::Result<RowGroupReader> RowGroupReader::Open(const store::ObjectStore& store,
                                                  const ParquetFile& file, int row_group,
                                                  const model::Projection& projection,
                                                  const ReadOptions& options) {
  auto state = std::make_unique<State>();
  const RowGroup& group = file.row_groups[static_cast<size_t>(row_group)];
  state->file = &file;
  state->rows = group.rows;
  state->time_bounds = group.time_bounds;
  state->batch_rows = options.batch_rows;
  std::vector<Wanted> wanted;
  const auto want = [&](std::string_view name, std::vector<size_t>& columns) {
    columns.push_back(IndexOf(file, name));
    wanted.push_back({columns.back(), nullptr});
  };
  for (const auto name : projection.texts) want(name, state->text_columns);
  for (const auto name : projection.numbers) want(name, state->number_columns);
  if (options.read_time) wanted.push_back({0, nullptr});
  try {
    MATOME_ASSIGN_OR_RETURN(const auto object, store.Open(file.object));
    const auto ranges = RangesToRead(file, row_group, projection, options.read_time,
                                     store.read_shape().merge_gap_bytes);
    MATOME_ASSIGN_OR_RETURN(state->bytes_read, ReadChunks(*object, group, ranges, wanted));
    auto next = wanted.begin();
    const auto chunk = [&]() -> const ColumnChunk& {
      state->at_column = next->column;
      const ColumnChunk& found = group.chunks[next->column];
      if (StoresBytes(found) && found.type != StoredType::kOther && found.values != group.rows) {
        throw parquet::ParquetException(
            fmt::format("{} values in a row group of {} rows", found.values, group.rows));
      }
      return found;
    };
    for (size_t at = 0; at < projection.texts.size(); ++at) {
      state->texts.push_back(MakeTextCursor(chunk(), next->bytes));
      ++next;
    }
    for (size_t at = 0; at < projection.numbers.size(); ++at) {
      state->numbers.push_back(MakeNumberCursor(chunk(), next->bytes));
      ++next;
    }
    if (options.read_time) state->time = MakeTimeCursor(chunk(), next->bytes);
  } catch (const std::exception& error) {
    return state->ColumnError(error.what());
  }
  state->block.texts.resize(state->texts.size());
  state->block.numbers.resize(state->numbers.size());
  return RowGroupReader(std::move(state));
}

base::Result<const batch::Block*> RowGroupReader::Next() {
  if (state_->block.first_row + state_->block.rows >= state_->rows) return nullptr;
  try {
    state_->Fill();
  } catch (const std::exception& error) {
    return state_->ColumnError(error.what());
  }
  return &state_->block;
}

}  // namespace matome::arrow_io
