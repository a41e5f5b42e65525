// SPDX-License-Identifier: Apache-2.0
// Random files, written by Arrow with random properties: what is read here must be what Arrow's own
// reader makes of them.

#include <cstdlib>
#include <random>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>

#include "arrow_io/parquet_for_test.h"

namespace matome::arrow_io {
namespace {

class RandomFile {
 public:
  explicit RandomFile(uint64_t seed) : random_(seed) {}

  std::vector<uint8_t> Make() {
    const auto rows = static_cast<int64_t>(1 + Below(Below(4) == 0 ? 30'000 : 700));
    const auto times = Numbers(
        rows, arrow::TimestampBuilder(
                  Pick<std::shared_ptr<arrow::DataType>>({arrow::timestamp(arrow::TimeUnit::MILLI),
                                                          arrow::timestamp(arrow::TimeUnit::MICRO),
                                                          arrow::timestamp(arrow::TimeUnit::NANO)}),
                  arrow::default_memory_pool()));
    std::shared_ptr<arrow::Array> numbers;
    switch (Below(4)) {
      case 0:
        numbers = Numbers(rows, arrow::FloatBuilder());
        break;
      case 1:
        numbers = Numbers(rows, arrow::Int32Builder());
        break;
      case 2:
        numbers = Numbers(rows, arrow::Int64Builder());
        break;
      default:
        numbers = Numbers(rows, arrow::DoubleBuilder());
    }
    const auto texts =
        Below(2) == 0 ? Texts<arrow::StringBuilder>(rows) : Texts<arrow::LargeStringBuilder>(rows);
    return Write(*arrow::Table::Make(
        arrow::schema({arrow::field("unwanted", arrow::list(arrow::int32())),
                       arrow::field(std::string(kTextForTest), texts->type()),
                       arrow::field("interval_start", times->type()),
                       arrow::field(std::string(kNumberForTest), numbers->type())}),
        {Lists(rows), texts, times, numbers}));
  }

 private:
  uint64_t Below(uint64_t limit) { return random_() % limit; }
  template <typename T>
  T Pick(const std::vector<T>& values) {
    return values[Below(values.size())];
  }

  /// Values come in runs or not, from few or many, and NULLs the same.
  struct Shape {
    uint64_t run, distinct, null_percent;
  };
  Shape RandomShape() {
    return {1 + Pick<uint64_t>({0, 0, 3, 40, 2000}), Pick<uint64_t>({1, 2, 7, 300, 100'000}),
            Pick<uint64_t>({0, 0, 1, 30, 99, 100})};
  }
  template <typename Append, typename AppendNull>
  void Fill(int64_t rows, Append append, AppendNull append_null) {
    const Shape shape = RandomShape();
    uint64_t value = 0;
    bool null = false;
    for (int64_t row = 0; row < rows; ++row) {
      if (row == 0 || Below(shape.run) == 0) {
        value = Below(shape.distinct);
        null = Below(100) < shape.null_percent;
      }
      if (null) {
        append_null();
      } else {
        append(value);
      }
    }
  }

  template <typename Builder>
  std::shared_ptr<arrow::Array> Numbers(int64_t rows, Builder builder) {
    Fill(
        rows,
        [&](uint64_t value) {
          using T = typename Builder::value_type;
          const auto number = static_cast<T>(value * 3'600'000);
          EXPECT_TRUE(builder.Append(std::is_floating_point_v<T> ? number / 7 : number).ok());
        },
        [&] { EXPECT_TRUE(builder.AppendNull().ok()); });
    return *builder.Finish();
  }
  template <typename Builder>
  std::shared_ptr<arrow::Array> Texts(int64_t rows) {
    Builder builder;
    const size_t length = Pick<size_t>({1, 20, 400});
    Fill(
        rows,
        [&](uint64_t value) {
          std::string text = value == 0 ? "" : std::to_string(value);
          if (value % 3 == 1) text += std::string(length, 'x');
          EXPECT_TRUE(builder.Append(text).ok());
        },
        [&] { EXPECT_TRUE(builder.AppendNull().ok()); });
    return *builder.Finish();
  }
  static std::shared_ptr<arrow::Array> Lists(int64_t rows) {
    arrow::ListBuilder lists(arrow::default_memory_pool(), std::make_shared<arrow::Int32Builder>());
    for (int64_t row = 0; row < rows; ++row) EXPECT_TRUE(lists.AppendNull().ok());
    return *lists.Finish();
  }

  std::vector<uint8_t> Write(const arrow::Table& table) {
    parquet::WriterProperties::Builder properties;
    properties.compression(Pick<parquet::Compression::type>(
        {parquet::Compression::SNAPPY, parquet::Compression::UNCOMPRESSED,
         parquet::Compression::GZIP, parquet::Compression::ZSTD}));
    properties.data_page_version(Below(2) == 0 ? parquet::ParquetDataPageVersion::V1
                                               : parquet::ParquetDataPageVersion::V2);
    properties.version(Below(2) == 0 ? parquet::ParquetVersion::PARQUET_1_0
                                     : parquet::ParquetVersion::PARQUET_2_6);
    if (Below(3) == 0) properties.disable_dictionary();
    if (Below(3) == 0) properties.disable_statistics();
    if (Below(2) == 0) properties.enable_page_checksum();
    if (Below(3) == 0) properties.dictionary_pagesize_limit(Pick<int64_t>({10, 300, 5'000}));
    if (Below(2) == 0) {
      properties.data_pagesize(Pick<int64_t>({30, 1'000, 20'000}));
      properties.write_batch_size(Pick<int64_t>({1, 17, 1'000}));
    }
    auto sink = *arrow::io::BufferOutputStream::Create();
    const auto status =
        parquet::arrow::WriteTable(table, arrow::default_memory_pool(), sink,
                                   Pick<int64_t>({100, 5'000, 1'000'000}), properties.build());
    EXPECT_TRUE(status.ok()) << status.ToString();
    const auto buffer = *sink->Finish();
    return {buffer->data(), buffer->data() + buffer->size()};
  }

  std::mt19937_64 random_;
};

/// The columns as Arrow reads them.
DecodedForTest ReadByArrow(const std::vector<uint8_t>& bytes) {
  auto reader = *parquet::arrow::OpenFile(
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::Wrap(bytes)),
      arrow::default_memory_pool());
  const auto table = *reader->ReadTable();
  DecodedForTest decoded;
  const auto for_each = [&](std::string_view name, auto fn) {
    for (const auto& chunk : table->GetColumnByName(std::string(name))->chunks()) {
      for (int64_t row = 0; row < chunk->length(); ++row) fn(**chunk->GetScalar(row));
    }
  };
  for_each("interval_start", [&](const arrow::Scalar& scalar) {
    const auto millis = *scalar.CastTo(arrow::timestamp(arrow::TimeUnit::MILLI));
    decoded.times.push_back(
        scalar.is_valid ? std::optional(static_cast<const arrow::TimestampScalar&>(*millis).value)
                        : std::nullopt);
  });
  for_each(kTextForTest, [&](const arrow::Scalar& scalar) {
    decoded.texts.push_back(
        scalar.is_valid
            ? std::optional(static_cast<const arrow::BaseBinaryScalar&>(scalar).value->ToString())
            : std::nullopt);
  });
  for_each(kNumberForTest, [&](const arrow::Scalar& scalar) {
    const auto number = *scalar.CastTo(arrow::float64());
    decoded.numbers.push_back(
        scalar.is_valid ? std::optional(static_cast<const arrow::DoubleScalar&>(*number).value)
                        : std::nullopt);
  });
  return decoded;
}

TEST(ReadAsArrow, RandomFiles) {
  uint64_t first = 1;
  uint64_t last = 150;
  if (const char* seed = std::getenv("MATOME_SEED"))
    first = last = std::strtoull(seed, nullptr, 10);
  for (uint64_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE(::testing::Message() << "replay with MATOME_SEED=" << seed);
    const auto bytes = RandomFile(seed).Make();
    const auto expected = ReadByArrow(bytes);
    const auto decoded = FileForTest(bytes).Read({.batch_rows = seed % 3 == 0 ? 100 : 1024});
    ASSERT_TRUE(decoded.status.ok()) << decoded.status.message();
    ASSERT_EQ(decoded.times, expected.times);
    ASSERT_EQ(decoded.texts, expected.texts);
    ASSERT_EQ(decoded.numbers, expected.numbers);
  }
}

}  // namespace
}  // namespace matome::arrow_io
