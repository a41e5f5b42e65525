// SPDX-License-Identifier: Apache-2.0
#include "arrow_io/parquet_for_test.h"

#include <algorithm>
#include <array>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

namespace matome::arrow_io {
namespace {

constexpr std::array<std::string_view, 3> kColumns = {"interval_start", kTextForTest,
                                                      kNumberForTest};
constexpr std::array<std::string_view, 1> kTexts = {kTextForTest};
constexpr std::array<std::string_view, 1> kNumbers = {kNumberForTest};

/// Adds the block's values, and checks what its contract promises.
class Collector {
 public:
  explicit Collector(DecodedForTest& decoded) : decoded_(decoded) {}

  void Add(const batch::Block& block, const ReadOptions& options) {
    ASSERT_EQ(block.first_row, next_row_);
    ASSERT_GT(block.rows, 0);
    ASSERT_LE(block.rows, options.batch_rows);
    next_row_ += block.rows;
    decoded_.block_rows.push_back(block.rows);

    const auto& text = block.texts.at(0);
    if (!text.new_entries.empty()) {
      ASSERT_EQ(text.first_new_code, entries_.size() + 1);
    }
    for (const auto entry : text.new_entries) entries_.emplace_back(entry);
    const auto& number = block.numbers.at(0);
    for (int64_t row = 0; row < block.rows; ++row) {
      const batch::Code code = text.codes[row];
      ASSERT_LE(code, entries_.size());
      decoded_.texts.push_back(code == batch::kNullCode ? std::nullopt
                                                        : std::optional(entries_[code - 1]));
      decoded_.numbers.push_back(number.has(row) ? std::optional(number.values[row])
                                                 : std::nullopt);
    }
    int64_t first = 0;
    for (const auto& [millis, end] : block.times) {
      ASSERT_GT(end, first);
      for (; first < end; ++first) decoded_.times.push_back(millis);
    }
    ASSERT_EQ(first, options.read_time ? block.rows : 0);
  }

 private:
  DecodedForTest& decoded_;
  int64_t next_row_ = 0;
  std::vector<std::string> entries_;
};

}  // namespace

FileFormForTest::FileFormForTest() { properties.compression(parquet::Compression::SNAPPY); }

std::vector<uint8_t> WriteForTest(const std::vector<ColumnForTest>& columns,
                                  const FileFormForTest& form) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& column : columns) {
    fields.push_back(arrow::field(column.name, column.type, column.nullable));
    auto array = arrow::json::ArrayFromJSONString(column.type, column.json);
    EXPECT_TRUE(array.ok()) << column.name << ": " << array.status().ToString();
    if (!array.ok()) return {};
    arrays.push_back(*array);
  }
  const auto table = arrow::Table::Make(arrow::schema(fields), arrays);
  auto sink = *arrow::io::BufferOutputStream::Create();
  parquet::ArrowWriterProperties::Builder arrow_properties;
  if (form.int96_timestamps) arrow_properties.enable_deprecated_int96_timestamps();
  auto properties = form.properties;
  const auto status =
      parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, form.row_group_rows,
                                 properties.build(), arrow_properties.build());
  EXPECT_TRUE(status.ok()) << status.ToString();
  const auto buffer = *sink->Finish();
  return {buffer->data(), buffer->data() + buffer->size()};
}

FileForTest::FileForTest(std::vector<uint8_t> bytes) { store_.Put("file", std::move(bytes)); }

base::Result<ParquetFile> FileForTest::Footer() const {
  return ReadFooter(store_, object(), kColumns);
}

DecodedForTest FileForTest::Read(const ReadOptions& options) const {
  auto footer = Footer();
  if (!footer.ok()) return {.status = footer.status()};
  return Read(*footer, options);
}

DecodedForTest FileForTest::Read(const ParquetFile& file, const ReadOptions& options) const {
  DecodedForTest decoded;
  for (size_t group = 0; group < file.row_groups.size(); ++group) {
    Collector collector(decoded);
    auto reader =
        RowGroupReader::Open(store_, file, static_cast<int>(group), {kTexts, kNumbers}, options);
    if (!reader.ok()) {
      decoded.status = reader.status();
      return decoded;
    }
    while (true) {
      auto block = reader->Next();
      if (!block.ok()) {
        decoded.status = block.status();
        return decoded;
      }
      if (*block == nullptr) break;
      collector.Add(**block, options);
      if (::testing::Test::HasFatalFailure()) return decoded;
    }
  }
  return decoded;
}

}  // namespace matome::arrow_io
