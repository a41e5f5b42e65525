// SPDX-License-Identifier: Apache-2.0
#include "arrow_io/row_group_reader.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <arrow/buffer.h>
#include <fmt/format.h>
#include <parquet/exception.h>

#include "arrow_io/column_cursor_internal.h"
#include "arrow_io/pool_internal.h"

namespace matome::arrow_io {
namespace {

/// Reading this many bytes in vain costs less than one more system call.
constexpr int64_t kWorthwhileGapBytes = 16 * 1024;

struct Wanted {
  size_t column = 0;  // Into ParquetFile::columns.
  std::shared_ptr<arrow::Buffer> bytes;
};

bool StoresBytes(const ColumnChunk& chunk) {
  return chunk.type != StoredType::kMissing && chunk.type != StoredType::kNull;
}

/// Fills in the bytes of the wanted chunks, neighbours by one read.
base::Result<int64_t> ReadChunks(const store::RandomAccessObject& object, const RowGroup& group,
                                 std::vector<Wanted>& wanted) {
  std::vector<Wanted*> order;
  for (auto& each : wanted) {
    if (StoresBytes(group.chunks[each.column])) order.push_back(&each);
  }
  const auto chunk_of = [&](const Wanted* each) -> const ColumnChunk& {
    return group.chunks[each->column];
  };
  std::sort(order.begin(), order.end(), [&](const Wanted* left, const Wanted* right) {
    return chunk_of(left).offset < chunk_of(right).offset;
  });
  int64_t bytes_read = 0;
  for (size_t first = 0; first < order.size();) {
    const int64_t begin = chunk_of(order[first]).offset;
    int64_t end = begin + chunk_of(order[first]).compressed_bytes;
    size_t last = first + 1;
    while (last < order.size() && chunk_of(order[last]).offset <= end + kWorthwhileGapBytes) {
      end = std::max(end, chunk_of(order[last]).offset + chunk_of(order[last]).compressed_bytes);
      ++last;
    }
    PARQUET_ASSIGN_OR_THROW(std::shared_ptr<arrow::Buffer> range,
                            arrow::AllocateBuffer(end - begin, Pool()));
    MATOME_RETURN_IF_ERROR(
        object.ReadAt(begin, {range->mutable_data(), static_cast<size_t>(range->size())}));
    bytes_read += end - begin;
    for (; first < last; ++first) {
      const ColumnChunk& chunk = chunk_of(order[first]);
      order[first]->bytes = arrow::SliceBuffer(range, chunk.offset - begin, chunk.compressed_bytes);
    }
  }
  return bytes_read;
}

}  // namespace

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
  size_t at_column = 0;  // The column at work, for the message of an exception.

  void Fill() {
    block.first_row += block.rows;
    int64_t count = std::min(batch_rows, rows - block.first_row);
    const auto limit = [&](ColumnCursor& cursor, size_t column) {
      at_column = column;
      count = std::min(count, cursor.AvailableRows());
    };
    if (time) limit(*time, 0);
    for (size_t at = 0; at < texts.size(); ++at) limit(*texts[at], text_columns[at]);
    for (size_t at = 0; at < numbers.size(); ++at) limit(*numbers[at], number_columns[at]);
    block.rows = count;
    if (time) {
      at_column = 0;
      time->Read(count, block.times);
      CheckTimes();
    }
    for (size_t at = 0; at < texts.size(); ++at) {
      at_column = text_columns[at];
      texts[at]->Read(count, block.texts[at]);
    }
    for (size_t at = 0; at < numbers.size(); ++at) {
      at_column = number_columns[at];
      numbers[at]->Read(count, block.numbers[at]);
    }
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
    return base::BadInput(fmt::format("column {}{}: {}", file->columns[at_column], stored, what));
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
    const auto at =
        std::find(file.columns.begin(), file.columns.end(), name) - file.columns.begin();
    columns.push_back(static_cast<size_t>(at));
    wanted.push_back({static_cast<size_t>(at), nullptr});
  };
  for (const auto name : projection.texts) want(name, state->text_columns);
  for (const auto name : projection.numbers) want(name, state->number_columns);
  if (options.read_time) wanted.push_back({0, nullptr});
  try {
    MATOME_ASSIGN_OR_RETURN(const auto object, store.Open(file.object));
    MATOME_ASSIGN_OR_RETURN(state->bytes_read, ReadChunks(*object, group, wanted));
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
