// SPDX-License-Identifier: Apache-2.0
#include "arrow_io/parquet_writer.h"

#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

namespace matome::arrow_io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

struct Written {
  base::Status status;
  std::string bytes;
};

Written Write(std::span<const WriteColumn> columns, const WriteOptions& options = {}) {
  Written written;
  written.status = WriteParquet(columns, options, [&](std::span<const uint8_t> bytes) {
    written.bytes.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return base::Status::Ok();
  });
  return written;
}

std::shared_ptr<arrow::io::BufferReader> Reader(const std::string& bytes) {
  return std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes));
}

std::unique_ptr<parquet::ParquetFileReader> OpenLow(const std::string& bytes) {
  return parquet::ParquetFileReader::Open(Reader(bytes));
}

std::shared_ptr<arrow::Table> Read(const std::string& bytes) {
  auto reader = parquet::arrow::FileReader::Make(arrow::default_memory_pool(), OpenLow(bytes));
  EXPECT_TRUE(reader.ok()) << reader.status().ToString();
  auto table = (*reader)->ReadTable();
  EXPECT_TRUE(table.ok()) << table.status().ToString();
  auto whole = (*table)->CombineChunks();
  EXPECT_TRUE(whole.ok()) << whole.status().ToString();
  return *whole;
}

std::vector<std::optional<std::string>> Texts(const arrow::Table& table, const std::string& name) {
  std::vector<std::optional<std::string>> texts;
  for (const auto& chunk : table.GetColumnByName(name)->chunks()) {
    const auto& array = dynamic_cast<const arrow::StringArray&>(*chunk);
    for (int64_t row = 0; row < array.length(); ++row) {
      texts.push_back(array.IsNull(row) ? std::nullopt
                                        : std::optional<std::string>(array.GetString(row)));
    }
  }
  return texts;
}

template <typename Array>
auto Values(const arrow::Table& table, const std::string& name) {
  std::vector<std::optional<typename Array::value_type>> values;
  for (const auto& chunk : table.GetColumnByName(name)->chunks()) {
    const auto& array = dynamic_cast<const Array&>(*chunk);
    for (int64_t row = 0; row < array.length(); ++row) {
      values.push_back(array.IsNull(row)
                           ? std::nullopt
                           : std::optional<typename Array::value_type>(array.Value(row)));
    }
  }
  return values;
}

// Three rows of every kind of column, with a NULL where there may be one.
struct Sample {
  std::vector<std::string_view> dictionary = {"n1", "", "n2"};
  std::vector<int32_t> codes = {2, -1, 1};
  std::vector<double> doubles = {1.5, 7.0, -0.0};
  std::vector<uint8_t> doubles_valid = {1, 0, 1};
  std::vector<int32_t> integers = {1, 2, 3};
  std::vector<int32_t> dates = {0, 20'000, -1};
  std::vector<int64_t> times = {0, 1'700'000'000'123, -1};

  std::vector<WriteColumn> Columns() const {
    return {{"node", TextValues{codes, dictionary}},
            {"cores", DoubleValues{doubles, doubles_valid}},
            {"cost_category_id", Int32Values{integers, {}}},
            {"usage_start", DateValues{dates}},
            {"interval_start", TimestampValues{times}}};
  }
};

TEST(ParquetWriterTest, ReadsBackAsWritten) {
  const Sample sample;
  const auto written = Write(sample.Columns());
  ASSERT_TRUE(written.status.ok()) << written.status.message();

  const auto table = Read(written.bytes);
  EXPECT_THAT(Texts(*table, "node"), ElementsAre("n2", std::nullopt, ""));
  EXPECT_THAT(Values<arrow::DoubleArray>(*table, "cores"), ElementsAre(1.5, std::nullopt, -0.0));
  EXPECT_THAT(Values<arrow::Int32Array>(*table, "cost_category_id"), ElementsAre(1, 2, 3));
  EXPECT_THAT(Values<arrow::Date32Array>(*table, "usage_start"), ElementsAre(0, 20'000, -1));
  EXPECT_THAT(Values<arrow::TimestampArray>(*table, "interval_start"),
              ElementsAre(0, 1'700'000'000'123, -1));
  EXPECT_TRUE(table->schema()->field(4)->type()->Equals(arrow::timestamp(arrow::TimeUnit::MILLI)));
}

TEST(ParquetWriterTest, HasTheFormOfPyarrowsDefaults) {
  const Sample sample;
  const auto written = Write(sample.Columns(), {.metadata = {{"pandas", "{}"}}});
  ASSERT_TRUE(written.status.ok()) << written.status.message();

  const auto file = OpenLow(written.bytes);
  const auto metadata = file->metadata();
  EXPECT_EQ(metadata->num_row_groups(), 1);
  EXPECT_THAT(metadata->created_by(), HasSubstr("parquet-cpp-arrow"));
  ASSERT_NE(metadata->key_value_metadata(), nullptr);
  EXPECT_EQ(metadata->key_value_metadata()->Get("pandas").ValueOr("none"), "{}");
  EXPECT_TRUE(metadata->key_value_metadata()->Contains("ARROW:schema"));
  for (int column = 0; column < metadata->num_columns(); ++column) {
    const auto chunk = metadata->RowGroup(0)->ColumnChunk(column);
    SCOPED_TRACE(chunk->path_in_schema()->ToDotString());
    EXPECT_EQ(chunk->compression(), parquet::Compression::SNAPPY);
    EXPECT_TRUE(chunk->has_dictionary_page());
    ASSERT_TRUE(chunk->is_stats_set());
    EXPECT_TRUE(chunk->statistics()->HasMinMax());
    EXPECT_EQ(metadata->schema()->Column(column)->max_definition_level(), 1);
  }
  EXPECT_EQ(metadata->RowGroup(0)->ColumnChunk(0)->statistics()->null_count(), 1);
  const auto times = metadata->schema()->Column(4)->logical_type();
  EXPECT_THAT(times->ToString(), HasSubstr("isAdjustedToUTC=false, timeUnit=milliseconds"));
}

TEST(ParquetWriterTest, TimesCanBeAdjustedToUtc) {
  const std::vector<int64_t> times = {0, 1'700'000'000'123};
  const std::vector<WriteColumn> columns = {
      {"interval_start", TimestampValues{.values = times, .adjusted_to_utc = true}}};
  const auto written = Write(columns);
  ASSERT_TRUE(written.status.ok()) << written.status.message();
  const auto type = OpenLow(written.bytes)->metadata()->schema()->Column(0)->logical_type();
  EXPECT_THAT(type->ToString(), HasSubstr("isAdjustedToUTC=true, timeUnit=milliseconds"));
  const auto table = Read(written.bytes);
  EXPECT_TRUE(
      table->schema()->field(0)->type()->Equals(arrow::timestamp(arrow::TimeUnit::MILLI, "UTC")));
  EXPECT_THAT(Values<arrow::TimestampArray>(*table, "interval_start"),
              ElementsAre(0, 1'700'000'000'123));
}

TEST(ParquetWriterTest, WritesATextColumnOfNullsWithoutADictionary) {
  const std::vector<int32_t> codes = {-1, -1};
  const std::vector<WriteColumn> columns = {{"node_role", TextValues{codes, {}}}};
  const auto written = Write(columns);
  ASSERT_TRUE(written.status.ok()) << written.status.message();
  EXPECT_THAT(Texts(*Read(written.bytes), "node_role"), ElementsAre(std::nullopt, std::nullopt));
}

TEST(ParquetWriterTest, EqualInputGivesEqualBytes) {
  const Sample sample;
  EXPECT_EQ(Write(sample.Columns()).bytes, Write(sample.Columns()).bytes);
}

TEST(ParquetWriterTest, CutsRowGroups) {
  const Sample sample;
  const auto written = Write(sample.Columns(), {.row_group_rows = 2});
  ASSERT_TRUE(written.status.ok()) << written.status.message();
  EXPECT_EQ(OpenLow(written.bytes)->metadata()->num_row_groups(), 2);
  EXPECT_THAT(Texts(*Read(written.bytes), "node"), ElementsAre("n2", std::nullopt, ""));
}

TEST(ParquetWriterTest, WritesNoRows) {
  const std::vector<WriteColumn> columns = {{"node", TextValues{}}, {"cores", DoubleValues{}}};
  const auto written = Write(columns);
  ASSERT_TRUE(written.status.ok()) << written.status.message();
  EXPECT_EQ(Read(written.bytes)->num_rows(), 0);
}

TEST(ParquetWriterTest, WritesAColumnOfNulls) {
  const std::vector<int32_t> codes(3, -1);
  const std::vector<WriteColumn> columns = {{"node_role", TextValues{codes, {}}}};
  const auto written = Write(columns);
  ASSERT_TRUE(written.status.ok()) << written.status.message();
  EXPECT_THAT(Texts(*Read(written.bytes), "node_role"),
              ElementsAre(std::nullopt, std::nullopt, std::nullopt));
}

// A dictionary over the limit gives pages with codes first, and then plain ones.
TEST(ParquetWriterTest, LargeDictionaryFallsBackToPlainPages) {
  constexpr int32_t kRows = 60'000;
  std::vector<std::string> names;
  for (int32_t row = 0; row < kRows; ++row) names.push_back("pod-" + std::to_string(row * 7919));
  const std::vector<std::string_view> dictionary(names.begin(), names.end());
  std::vector<int32_t> codes(kRows);
  std::iota(codes.begin(), codes.end(), 0);
  codes[5] = -1;
  const std::vector<WriteColumn> columns = {{"pod", TextValues{codes, dictionary}}};

  const auto encodings = [](const std::string& bytes) {
    std::vector<parquet::Encoding::type> of_data_pages;
    const auto metadata = OpenLow(bytes)->metadata();
    const auto row_group = metadata->RowGroup(0);
    const auto chunk = row_group->ColumnChunk(0);
    for (const auto& page : chunk->encoding_stats()) {
      if (page.page_type == parquet::PageType::DATA_PAGE) of_data_pages.push_back(page.encoding);
    }
    return of_data_pages;
  };

  const auto whole = Write(columns, {.dictionary_page_bytes = 16 << 20});
  ASSERT_TRUE(whole.status.ok()) << whole.status.message();
  EXPECT_THAT(encodings(whole.bytes), ElementsAre(parquet::Encoding::RLE_DICTIONARY));

  const auto mixed = Write(columns, {.dictionary_page_bytes = 256 << 10});
  ASSERT_TRUE(mixed.status.ok()) << mixed.status.message();
  EXPECT_THAT(encodings(mixed.bytes),
              UnorderedElementsAre(parquet::Encoding::RLE_DICTIONARY, parquet::Encoding::PLAIN));

  const auto plain = Write(columns, {.dictionary_page_bytes = 0});
  ASSERT_TRUE(plain.status.ok()) << plain.status.message();
  EXPECT_THAT(encodings(plain.bytes), ElementsAre(parquet::Encoding::PLAIN));

  const auto expected = Texts(*Read(whole.bytes), "pod");
  EXPECT_EQ(expected[5], std::nullopt);
  EXPECT_EQ(expected[6], names[6]);
  EXPECT_EQ(Texts(*Read(mixed.bytes), "pod"), expected);
  EXPECT_EQ(Texts(*Read(plain.bytes), "pod"), expected);
}

TEST(ParquetWriterTest, NumbersWithoutDictionary) {
  const std::vector<double> values = {1, 2, 3};
  const std::vector<WriteColumn> columns = {
      {"usage", DoubleValues{.values = values, .dictionary_encoding = false}}};
  const auto written = Write(columns);
  ASSERT_TRUE(written.status.ok()) << written.status.message();
  EXPECT_FALSE(
      OpenLow(written.bytes)->metadata()->RowGroup(0)->ColumnChunk(0)->has_dictionary_page());
}

TEST(ParquetWriterTest, ErrorOfTheSinkComesBackAsItIs) {
  std::vector<double> values(400'000);
  std::iota(values.begin(), values.end(), 0.5);
  const std::vector<WriteColumn> columns = {{"usage", DoubleValues{values, {}}}};
  int calls_after_error = -1;
  const auto status = WriteParquet(columns, {}, [&](std::span<const uint8_t>) {
    ++calls_after_error;
    return base::Status(base::Code::kTemporary, "no space left");
  });
  EXPECT_EQ(status.code(), base::Code::kTemporary);
  EXPECT_EQ(status.message(), "no space left");
  EXPECT_EQ(calls_after_error, 0);
}

TEST(ParquetWriterTest, ColumnsOfDifferentLengthsAreRefused) {
  const std::vector<double> two = {1, 2};
  const std::vector<double> three = {1, 2, 3};
  const std::vector<WriteColumn> columns = {{"a", DoubleValues{two, {}}},
                                            {"b", DoubleValues{three, {}}}};
  const auto written = Write(columns);
  EXPECT_EQ(written.status.code(), base::Code::kFailed);
  EXPECT_THAT(written.status.message(), HasSubstr("column b has 3 values"));
  EXPECT_TRUE(written.bytes.empty());
}

}  // namespace
}  // namespace matome::arrow_io
