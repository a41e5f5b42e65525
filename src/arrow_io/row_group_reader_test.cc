// SPDX-License-Identifier: Apache-2.0
#include "arrow_io/row_group_reader.h"

#include <cmath>
#include <functional>
#include <string>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/properties.h>

#include "arrow_io/parquet_for_test.h"

namespace matome::arrow_io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kHour = 3'600'000;
const auto kMillis = arrow::timestamp(arrow::TimeUnit::MILLI);

/// A file of a text column alone, a number column alone, a time column alone: values of one type.
DecodedForTest ReadText(const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  return FileForTest(WriteForTest({{"t", type, json}})).Read();
}
DecodedForTest ReadNumber(const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  return FileForTest(WriteForTest({{"n", type, json}})).Read();
}
DecodedForTest ReadTime(const std::shared_ptr<arrow::DataType>& type, const std::string& json,
                        const FileFormForTest& form = {}) {
  return FileForTest(WriteForTest({{"interval_start", type, json}}, form)).Read();
}

TEST(RowGroupReaderTypes, Text) {
  constexpr const char* kJson = R"(["a", null, "", "b", "a", "h\u00e9"])";
  for (const auto& type :
       {arrow::utf8(), arrow::large_utf8(), arrow::binary(), arrow::large_binary(),
        arrow::dictionary(arrow::int32(), arrow::utf8())}) {
    SCOPED_TRACE(type->ToString());
    const auto decoded = ReadText(type, kJson);
    ASSERT_TRUE(decoded.status.ok()) << decoded.status.message();
    EXPECT_THAT(decoded.texts, ElementsAre("a", std::nullopt, "", "b", "a", "h\xC3\xA9"));
  }
}

TEST(RowGroupReaderTypes, NumbersWhereTextIsWantedGiveTheirDigits) {
  EXPECT_THAT(ReadText(arrow::int64(), "[7, null, -12, 7, 9223372036854775807]").texts,
              ElementsAre("7", std::nullopt, "-12", "7", "9223372036854775807"));
  EXPECT_THAT(
      ReadText(arrow::float64(), "[7, 7.5, null, -0.0, 1e7, 9999999, 0.001, 0.0001, 1e300]").texts,
      ElementsAre("7.0", "7.5", std::nullopt, "-0.0", "1.0E7", "9999999.0", "0.001", "1.0E-4",
                  "1.0E300"));
}

TEST(RowGroupReaderTypes, Numbers) {
  for (const auto& type : {arrow::float64(), arrow::float32(), arrow::int32(), arrow::int64(),
                           arrow::int16(), arrow::uint16()}) {
    SCOPED_TRACE(type->ToString());
    const auto decoded = ReadNumber(type, "[1, null, 0, 30000, 1]");
    ASSERT_TRUE(decoded.status.ok()) << decoded.status.message();
    EXPECT_THAT(decoded.numbers, ElementsAre(1, std::nullopt, 0, 30'000, 1));
  }
  EXPECT_THAT(ReadNumber(arrow::float64(), "[0.1, -1e300]").numbers, ElementsAre(0.1, -1e300));
  EXPECT_THAT(ReadNumber(arrow::float32(), "[0.5, -2.25]").numbers, ElementsAre(0.5, -2.25));
  const auto special = ReadNumber(arrow::float64(), "[NaN, Inf, -Inf]").numbers;
  EXPECT_TRUE(std::isnan(*special[0]));
  EXPECT_EQ(special[1], HUGE_VAL);
  EXPECT_EQ(special[2], -HUGE_VAL);
}

TEST(RowGroupReaderTypes, Times) {
  constexpr int64_t kSecond = 1'700'000'000'000;
  const auto expected = ElementsAre(kSecond, std::nullopt, kSecond, -1);
  EXPECT_THAT(ReadTime(kMillis, "[1700000000000, null, 1700000000000, -1]").times, expected);
  EXPECT_THAT(ReadTime(arrow::timestamp(arrow::TimeUnit::MILLI, "UTC"),
                       "[1700000000000, null, 1700000000000, -1]")
                  .times,
              expected);
  EXPECT_THAT(ReadTime(arrow::timestamp(arrow::TimeUnit::MICRO),
                       "[1700000000000999, null, 1700000000000000, -1]")
                  .times,
              expected);
  EXPECT_THAT(ReadTime(arrow::timestamp(arrow::TimeUnit::NANO),
                       "[1700000000000000001, null, 1700000000000000000, -1]")
                  .times,
              expected);
  FileFormForTest int96;
  int96.int96_timestamps = true;
  EXPECT_THAT(ReadTime(arrow::timestamp(arrow::TimeUnit::NANO),
                       "[1700000000000000001, null, 1700000000000000000, -1000000]", int96)
                  .times,
              expected);
  // Seconds are stored as milliseconds.
  EXPECT_THAT(ReadTime(arrow::timestamp(arrow::TimeUnit::SECOND), "[1700000000]").times,
              ElementsAre(kSecond));
}

TEST(RowGroupReaderTypes, AColumnOfTheNullTypeOrNoneAtAllIsNull) {
  const FileForTest file(WriteForTest({{"interval_start", arrow::null(), "[null, null]"},
                                       {"t", arrow::null(), "[null, null]"},
                                       {"n", arrow::null(), "[null, null]"}}));
  const FileForTest other(WriteForTest({{"unknown", arrow::int32(), "[1, 2]"}}));
  for (const auto* each : {&file, &other}) {
    const auto decoded = each->Read();
    ASSERT_TRUE(decoded.status.ok()) << decoded.status.message();
    EXPECT_THAT(decoded.times, ElementsAre(std::nullopt, std::nullopt));
    EXPECT_THAT(decoded.texts, ElementsAre(std::nullopt, std::nullopt));
    EXPECT_THAT(decoded.numbers, ElementsAre(std::nullopt, std::nullopt));
  }
}

TEST(RowGroupReaderTypes, OthersAreRefusedByName) {
  const auto refused = [](const DecodedForTest& decoded, std::string_view column,
                          std::string_view wanted) {
    EXPECT_EQ(decoded.status.code(), base::Code::kBadInput);
    EXPECT_THAT(decoded.status.message(), HasSubstr("column " + std::string(column)));
    EXPECT_THAT(decoded.status.message(), HasSubstr("cannot be read as " + std::string(wanted)));
  };
  refused(ReadText(arrow::boolean(), "[true]"), "t", "text");
  refused(ReadText(arrow::date32(), "[1]"), "t", "text");
  refused(ReadText(arrow::list(arrow::utf8()), "[[\"a\"]]"), "t", "text");
  refused(ReadText(arrow::struct_({arrow::field("t", arrow::utf8())}), R"([{"t": "a"}])"), "t",
          "text");
  refused(ReadNumber(arrow::decimal128(20, 2), "[\"1.00\"]"), "n", "a number");
  refused(ReadNumber(arrow::utf8(), "[\"1\"]"), "n", "a number");
  refused(ReadNumber(arrow::boolean(), "[true]"), "n", "a number");
  refused(ReadNumber(arrow::date32(), "[1]"), "n", "a number");
  refused(ReadNumber(kMillis, "[1]"), "n", "a number");
  // Its stored bits are not its value.
  refused(ReadNumber(arrow::uint32(), "[4000000000]"), "n", "a number");
  refused(ReadNumber(arrow::uint64(), "[1]"), "n", "a number");
  refused(ReadTime(arrow::date32(), "[1]"), "interval_start", "a timestamp");
  refused(ReadTime(arrow::utf8(), "[\"2025-11-03\"]"), "interval_start", "a timestamp");
  refused(ReadTime(arrow::int64(), "[1]"), "interval_start", "a timestamp");
  refused(ReadTime(arrow::float64(), "[1]"), "interval_start", "a timestamp");
  EXPECT_THAT(ReadNumber(arrow::decimal128(20, 2), "[\"1.00\"]").status.message(),
              HasSubstr("decimal"));
}

TEST(RowGroupReaderTypes, NamesMatchWhateverTheirCaseAndTheFirstCounts) {
  const FileForTest file(WriteForTest({{"Interval_START", kMillis, "[5]"},
                                       {"T", arrow::utf8(), "[\"first\"]"},
                                       {"t", arrow::utf8(), "[\"second\"]"},
                                       {"N", arrow::float64(), "[1]"}}));
  const auto decoded = file.Read();
  ASSERT_TRUE(decoded.status.ok()) << decoded.status.message();
  EXPECT_THAT(decoded.times, ElementsAre(5));
  EXPECT_THAT(decoded.texts, ElementsAre("first"));
  EXPECT_THAT(decoded.numbers, ElementsAre(1));
}

TEST(RowGroupReader, ReadsWithoutTime) {
  const FileForTest file(
      WriteForTest({{"interval_start", kMillis, "[5, 6]"}, {"n", arrow::float64(), "[1, 2]"}}));
  const auto decoded = file.Read({.read_time = false});
  ASSERT_TRUE(decoded.status.ok()) << decoded.status.message();
  EXPECT_THAT(decoded.times, IsEmpty());
  EXPECT_THAT(decoded.numbers, ElementsAre(1, 2));
}

TEST(RowGroupReader, ReadsOnlyWhatIsNeeded) {
  std::string json = "[";
  for (int i = 0; i < 50'000; ++i) json += (i > 0 ? "," : "") + std::to_string(i) + ".25";
  json += "]";
  FileFormForTest form;
  form.properties.disable_dictionary();
  form.properties.compression(parquet::Compression::UNCOMPRESSED);
  std::string ones = "[1";
  for (int i = 1; i < 50'000; ++i) ones += ",1";
  ones += "]";
  const FileForTest file(WriteForTest({{"interval_start", kMillis, ones},
                                       {"other", arrow::float64(), json},
                                       {"n", arrow::float64(), json}},
                                      form));
  const auto footer = file.Footer().value();
  static constexpr std::array<std::string_view, 1> kNumbers = {"n"};
  const auto reader =
      RowGroupReader::Open(file.store(), footer, 0, {{}, kNumbers}, {.read_time = false});
  ASSERT_TRUE(reader.ok());
  EXPECT_GT(reader->bytes_read(), 400'000);
  EXPECT_LT(reader->bytes_read(), 410'000);
}

TEST(RowGroupReader, RangesJoinNeighboursAcrossSmallGaps) {
  static constexpr std::array<std::string_view, 5> kColumns = {"interval_start", "a", "b", "c",
                                                               "null"};
  ParquetFile file{.columns = kColumns, .row_groups = std::vector<RowGroup>(1)};
  auto& chunks = file.row_groups[0].chunks;
  chunks.resize(kColumns.size());
  const auto put = [&](size_t column, int64_t offset, int64_t bytes) {
    chunks[column] = {.type = StoredType::kText, .offset = offset, .compressed_bytes = bytes};
  };
  put(0, 400, 100);
  put(1, 120, 80);
  put(2, 0, 100);
  put(3, 210, 40);
  static constexpr std::array<std::string_view, 4> kWanted = {"c", "b", "a", "null"};
  const model::Projection wanted{kWanted, {}};
  EXPECT_THAT(RangesToRead(file, 0, wanted, false, 0),
              ElementsAre(ByteRange{0, 100, 100}, ByteRange{120, 80, 80}, ByteRange{210, 40, 40}));
  EXPECT_THAT(RangesToRead(file, 0, wanted, false, 10),
              ElementsAre(ByteRange{0, 100, 100}, ByteRange{120, 130, 120}));
  EXPECT_THAT(RangesToRead(file, 0, wanted, true, 150), ElementsAre(ByteRange{0, 500, 320}));
}

TEST(RowGroupReader, AFileWithoutRowsHasNoRowGroups) {
  const FileForTest file(
      WriteForTest({{"interval_start", kMillis, "[]"}, {"t", arrow::utf8(), "[]"}}));
  EXPECT_THAT(file.Footer().value().row_groups, IsEmpty());
}

TEST(RowGroupReader, TimeBoundsComeFromStatistics) {
  const std::string json = "[3600000, 0, null]";
  const auto bounds = FileForTest(WriteForTest({{"interval_start", kMillis, json}}))
                          .Footer()
                          ->row_groups[0]
                          .time_bounds;
  ASSERT_TRUE(bounds.has_value());
  EXPECT_EQ(bounds->min_millis, 0);
  EXPECT_EQ(bounds->max_millis, kHour);
  EXPECT_FALSE(bounds->no_nulls);
  const auto micros =
      FileForTest(WriteForTest(
                      {{"interval_start", arrow::timestamp(arrow::TimeUnit::MICRO), "[-1, 1999]"}}))
          .Footer()
          ->row_groups[0]
          .time_bounds;
  EXPECT_EQ(micros->min_millis, -1);
  EXPECT_EQ(micros->max_millis, 1);
  EXPECT_TRUE(micros->no_nulls);
  FileFormForTest silent;
  silent.properties.disable_statistics();
  EXPECT_FALSE(FileForTest(WriteForTest({{"interval_start", kMillis, json}}, silent))
                   .Footer()
                   ->row_groups[0]
                   .time_bounds.has_value());
}

// One content in every physical form must read the same.
struct Form {
  const char* name;
  std::function<void(FileFormForTest&)> change;
};

void PrintTo(const Form& form, std::ostream* out) { *out << form.name; }

using parquet::Compression;
using parquet::Encoding;

const Form kForms[] = {
    {"defaults", [](FileFormForTest&) {}},
    {"plain", [](FileFormForTest& form) { form.properties.disable_dictionary(); }},
    {"page_v2",
     [](FileFormForTest& form) {
       form.properties.data_page_version(parquet::ParquetDataPageVersion::V2);
     }},
    {"page_v2_plain",
     [](FileFormForTest& form) {
       form.properties.data_page_version(parquet::ParquetDataPageVersion::V2)->disable_dictionary();
     }},
    {"uncompressed",
     [](FileFormForTest& form) { form.properties.compression(Compression::UNCOMPRESSED); }},
    {"gzip", [](FileFormForTest& form) { form.properties.compression(Compression::GZIP); }},
    {"zstd_v2",
     [](FileFormForTest& form) {
       form.properties.compression(Compression::ZSTD)
           ->data_page_version(parquet::ParquetDataPageVersion::V2);
     }},
    {"small_pages",
     [](FileFormForTest& form) { form.properties.data_pagesize(64)->write_batch_size(7); }},
    {"small_plain_pages",
     [](FileFormForTest& form) {
       form.properties.data_pagesize(64)->write_batch_size(7)->disable_dictionary();
     }},
    {"mixed_pages",
     [](FileFormForTest& form) {
       form.properties.dictionary_pagesize_limit(256)->data_pagesize(128)->write_batch_size(16);
     }},
    {"mixed_pages_v2",
     [](FileFormForTest& form) {
       form.properties.dictionary_pagesize_limit(256)->data_pagesize(128)->write_batch_size(16);
       form.properties.data_page_version(parquet::ParquetDataPageVersion::V2);
     }},
    {"row_groups_of_7", [](FileFormForTest& form) { form.row_group_rows = 7; }},
    {"row_groups_of_1", [](FileFormForTest& form) { form.row_group_rows = 1; }},
    {"no_statistics", [](FileFormForTest& form) { form.properties.disable_statistics(); }},
    {"checksums", [](FileFormForTest& form) { form.properties.enable_page_checksum(); }},
    {"format_1_0",
     [](FileFormForTest& form) { form.properties.version(parquet::ParquetVersion::PARQUET_1_0); }},
    {"delta",
     [](FileFormForTest& form) {
       form.properties.disable_dictionary();
       form.properties.encoding("t", Encoding::DELTA_BYTE_ARRAY);
       form.properties.encoding("n", Encoding::BYTE_STREAM_SPLIT);
       form.properties.encoding("interval_start", Encoding::DELTA_BINARY_PACKED);
     }},
    {"delta_length",
     [](FileFormForTest& form) {
       form.properties.disable_dictionary();
       form.properties.encoding("t", Encoding::DELTA_LENGTH_BYTE_ARRAY);
     }},
};

class RowGroupReaderForms : public ::testing::TestWithParam<std::tuple<Form, bool>> {};

INSTANTIATE_TEST_SUITE_P(Forms, RowGroupReaderForms,
                         ::testing::Combine(::testing::ValuesIn(kForms), ::testing::Bool()),
                         [](const auto& each) {
                           return std::string(std::get<0>(each.param).name) +
                                  (std::get<1>(each.param) ? "_nulls" : "");
                         });

TEST_P(RowGroupReaderForms, ReadTheSame) {
  const auto& [form, nulls] = GetParam();
  constexpr int kRows = 400;
  DecodedForTest expected;
  std::string times = "[";
  std::string texts = "[";
  std::string numbers = "[";
  for (int row = 0; row < kRows; ++row) {
    const char* comma = row > 0 ? "," : "";
    // Runs of NULLs and of values, so that levels are RLE runs and bit-packed groups in turn.
    const bool null = nulls && (row / 40 % 2 == 1 ? row % 3 == 0 : row / 20 % 4 == 0);
    const int64_t millis = 1'700'000'000'000 + row / 25 * kHour;
    const std::string text =
        row % 5 == 0 ? "" : "pod-" + std::to_string(row < 200 ? row % 7 : row * 7919);
    const double number = row % 4 == 0 ? 0.0 : row / 7.0;
    expected.times.push_back(null ? std::nullopt : std::optional(millis));
    expected.texts.push_back(null ? std::nullopt : std::optional(text));
    expected.numbers.push_back(null ? std::nullopt : std::optional(number));
    times += comma + (null ? "null" : std::to_string(millis));
    texts += comma + (null ? "null" : '"' + text + '"');
    char digits[40];
    std::snprintf(digits, sizeof(digits), "%.17g", number);
    numbers += comma + std::string(null ? "null" : digits);
  }
  FileFormForTest file_form;
  form.change(file_form);
  for (const bool required : {false, true}) {
    if (required && nulls) continue;
    const FileForTest file(WriteForTest({{"interval_start", kMillis, times + "]", !required},
                                         {"t", arrow::utf8(), texts + "]", !required},
                                         {"n", arrow::float64(), numbers + "]", !required}},
                                        file_form));
    for (const int64_t batch_rows : {1, 3, 64, 1024}) {
      SCOPED_TRACE(batch_rows);
      const auto decoded = file.Read({.batch_rows = batch_rows});
      ASSERT_TRUE(decoded.status.ok()) << decoded.status.message();
      EXPECT_EQ(decoded.times, expected.times);
      EXPECT_EQ(decoded.texts, expected.texts);
      EXPECT_EQ(decoded.numbers, expected.numbers);
    }
  }
}

TEST(RowGroupReader, CodecsThatTheEngineCannotReadAreRefused) {
  for (const auto codec : {Compression::LZ4, Compression::BROTLI}) {
    FileFormForTest form;
    form.properties.compression(codec);
    const auto decoded =
        FileForTest(WriteForTest({{"n", arrow::float64(), "[1, 1]"}}, form)).Read();
    EXPECT_EQ(decoded.status.code(), base::Code::kBadInput);
    EXPECT_THAT(decoded.status.message(), HasSubstr("column n"));
    EXPECT_THAT(decoded.status.message(), HasSubstr("codec"));
  }
}

}  // namespace
}  // namespace matome::arrow_io
