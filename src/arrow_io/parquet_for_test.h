// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type.h>
#include <parquet/properties.h>

#include "arrow_io/parquet_file.h"
#include "arrow_io/row_group_reader.h"
#include "base/status.h"
#include "store/memory_store.h"

namespace matome::arrow_io {

/// A column of a file to be: an Arrow type, and the values as a JSON array.
struct ColumnForTest {
  std::string name;
  std::shared_ptr<arrow::DataType> type;
  std::string json;
  bool nullable = true;
};

/// How a file is to be written; the defaults are those of pyarrow.
struct FileFormForTest {
  int64_t row_group_rows = 1'000'000;
  bool int96_timestamps = false;
  parquet::WriterProperties::Builder properties = {};

  FileFormForTest();
};

/// Writes a file as Arrow does; fails the test if that is impossible.
std::vector<uint8_t> WriteForTest(const std::vector<ColumnForTest>& columns,
                                  const FileFormForTest& form = {});

/// What the test files are asked for: interval_start, a text column and a number column.
inline constexpr std::string_view kTextForTest = "t";
inline constexpr std::string_view kNumberForTest = "n";

/// Every value of the three columns, row group after row group.
struct DecodedForTest {
  base::Status status;  // The first error; what was read before it is there.
  std::vector<std::optional<int64_t>> times;
  std::vector<std::optional<std::string>> texts;
  std::vector<std::optional<double>> numbers;
  std::vector<int64_t> block_rows;
};

/// The one object "file" of a store.
class FileForTest {
 public:
  explicit FileForTest(std::vector<uint8_t> bytes);

  base::Result<ParquetFile> Footer() const;
  DecodedForTest Read(const ReadOptions& options = {}) const;
  /// Reads by a footer that a test may have changed.
  DecodedForTest Read(const ParquetFile& file, const ReadOptions& options = {}) const;

  const store::MemoryStore& store() const { return store_; }
  store::ObjectRef object() const { return store_.List("").value().front(); }

 private:
  store::MemoryStore store_;
};

}  // namespace matome::arrow_io
