// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "arrow_io/parquet_file.h"
#include "base/status.h"
#include "batch/block.h"
#include "model/report.h"
#include "store/object_store.h"

namespace matome::arrow_io {

struct ReadOptions {
  int64_t batch_rows = 1024;  // The most rows of a block.
  bool read_time = true;      // Without, Block::times stays empty.
};

struct ByteRange {
  int64_t offset = 0;
  int64_t bytes = 0;
  int64_t wanted_bytes = 0;  // Of the chunks; the rest lies between them.

  bool operator==(const ByteRange&) const = default;
};

/// What a reader of the row group reads at once, ascending: the needed column chunks, those with no
/// more than the gap between them together. Needs nothing but the footer.
std::vector<ByteRange> RangesToRead(const ParquetFile& file, int row_group,
                                    const model::Projection& projection, bool read_time,
                                    int64_t merge_gap_bytes);

/// Bytes that readers of this process hold in Arrow's memory pool now.
int64_t PoolBytes();

/// Reads one row group block by block: only the projection's columns, a page of each at a time.
///
/// RangesToRead() are read when the reader is made, by the store's merge_gap_bytes. Types are taken
/// as Trino takes them (semantics §2.3); anything else, and damaged data, is kBadInput naming
/// the column. One thread.
class RowGroupReader {
 public:
  /// `file` and `store` must outlive the reader. `projection` names columns of `file.columns`.
  static base::Result<RowGroupReader> Open(const store::ObjectStore& store, const ParquetFile& file,
                                           int row_group, const model::Projection& projection,
                                           const ReadOptions& options);
  RowGroupReader(RowGroupReader&&) noexcept;
  RowGroupReader& operator=(RowGroupReader&&) noexcept;
  ~RowGroupReader();

  /// The next rows, or null after the last. After an error, only destroy the reader.
  base::Result<const batch::Block*> Next();

  int64_t bytes_read() const;

 private:
  struct State;
  explicit RowGroupReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace matome::arrow_io
