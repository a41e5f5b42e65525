// SPDX-License-Identifier: Apache-2.0
#include "case_runner/case_lake.h"

#include <algorithm>
#include <memory>
#include <string>

#include <arrow/io/memory.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

namespace matome::case_runner {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kPods = "openshift_pod_usage_line_items_daily";

/// A case of one table with the given options, columns and rows.
CaseFile MakeCase(std::string_view options, std::string_view rows) {
  auto parsed = ParseCase("a.case", fmt::format("# name: a.case\n# description: d\nmonth: 2025-11\n"
                                                "table {} {}\n{}\n\nexpect no rows\n",
                                                kPods, options, rows));
  EXPECT_TRUE(parsed.ok()) << parsed.status().message();
  return parsed.ok() ? std::move(parsed).value() : CaseFile();
}

std::vector<LakeObject> MustMake(const CaseFile& source, const RunConfig& config = {}) {
  auto lake = MakeLake(source, config);
  EXPECT_TRUE(lake.ok()) << lake.status().message();
  return lake.ok() ? std::move(lake).value() : std::vector<LakeObject>();
}

std::shared_ptr<parquet::FileMetaData> MetadataOf(const LakeObject& object) {
  const auto buffer = std::make_shared<arrow::Buffer>(object.bytes.data(),
                                                      static_cast<int64_t>(object.bytes.size()));
  return parquet::ParquetFileReader::Open(std::make_shared<arrow::io::BufferReader>(buffer))
      ->metadata();
}

/// Whether the column has data pages of that encoding in the first row group.
bool HasEncoding(const parquet::FileMetaData& metadata, int column,
                 parquet::Encoding::type encoding) {
  const auto chunk = metadata.RowGroup(0)->ColumnChunk(column);
  return std::ranges::any_of(
      chunk->encoding_stats(), [encoding](const parquet::PageEncodingStats& pages) {
        return pages.page_type != parquet::PageType::DICTIONARY_PAGE && pages.encoding == encoding;
      });
}

constexpr std::string_view kRows =
    "interval_start | node | pod_usage_cpu_core_seconds\n"
    "2025-11-03 | n1 | 1\n"
    "2025-11-03 | n2 | 2\n"
    "2025-11-04 | n3 | 3";

TEST(MakeLake, PutsFilesUnderKokusKeys) {
  const std::string prefix =
      "data/parquet/daily/org1234567/OCP/pod_usage/source=11111111-2222-3333-4444-555555555555/"
      "year=2025/month=11/";
  EXPECT_EQ(MustMake(MakeCase("file=x/y.parquet", kRows)).at(0).key, prefix + "x/y.parquet");
  EXPECT_THAT(MustMake(MakeCase("", kRows)).at(0).key,
              HasSubstr(prefix + "pod_usage.line0004_daily_0000"));
  EXPECT_THAT(MustMake(MakeCase("month=2025-12 account=1 source=s", kRows)).at(0).key,
              HasSubstr("data/parquet/daily/1/OCP/pod_usage/source=s/year=2025/month=12/"));
}

TEST(MakeLake, CutsTablesIntoFilesUnlessTheyAreNamed) {
  RunConfig config;
  config.file_rows = 2;
  EXPECT_EQ(MustMake(MakeCase("", kRows), config).size(), 2U);
  EXPECT_EQ(MustMake(MakeCase("file=a", kRows), config).size(), 1U);
  EXPECT_EQ(MustMake(MakeCase("", "interval_start | node"), config).size(), 1U);
}

TEST(MakeLake, GivesColumnsKokusTypes) {
  const auto lake = MustMake(MakeCase("", kRows));
  const auto metadata = MetadataOf(lake.at(0));
  EXPECT_EQ(metadata->schema()->Column(0)->physical_type(), parquet::Type::INT64);
  EXPECT_TRUE(metadata->schema()->Column(0)->logical_type()->is_timestamp());
  EXPECT_TRUE(metadata->schema()->Column(1)->logical_type()->is_string());
  EXPECT_EQ(metadata->schema()->Column(2)->physical_type(), parquet::Type::DOUBLE);
  EXPECT_EQ(metadata->num_row_groups(), 1);
  const auto chunk = metadata->RowGroup(0)->ColumnChunk(1);
  EXPECT_EQ(chunk->compression(), parquet::Compression::SNAPPY);
  EXPECT_TRUE(chunk->is_stats_set());
  EXPECT_TRUE(chunk->has_dictionary_page());
}

TEST(MakeLake, GivesColumnsTheTypesNamed) {
  const auto lake = MustMake(
      MakeCase("",
               "interval_start:int96 | b:int32! | c:decimal | d:binary | e:bool | f:date32\n"
               "2025-11-03 | 7 | 7 | x | true | 2025-11-03"));
  const auto metadata = MetadataOf(lake.at(0));
  const auto& schema = *metadata->schema();
  EXPECT_EQ(schema.Column(0)->physical_type(), parquet::Type::INT96);
  EXPECT_EQ(schema.Column(1)->physical_type(), parquet::Type::INT32);
  EXPECT_EQ(schema.Column(1)->max_definition_level(), 0);
  EXPECT_TRUE(schema.Column(2)->logical_type()->is_decimal());
  EXPECT_FALSE(schema.Column(3)->logical_type()->is_string());
  EXPECT_EQ(schema.Column(4)->physical_type(), parquet::Type::BOOLEAN);
  EXPECT_TRUE(schema.Column(5)->logical_type()->is_date());

  const auto zoned =
      MustMake(MakeCase("", "interval_start:timestamp[us,UTC]\n2025-11-03 00:00:00.5"));
  EXPECT_THAT(MetadataOf(zoned.at(0))->schema()->Column(0)->logical_type()->ToString(),
              HasSubstr("isAdjustedToUTC=true, timeUnit=microseconds"));
}

TEST(MakeLake, FollowsTheOptionsOfATable) {
  using parquet::Encoding;
  const auto lake =
      MustMake(MakeCase("codec=zstd encoding=delta stats=off rowgroup=2 page=v2", kRows));
  const auto metadata = MetadataOf(lake.at(0));
  EXPECT_EQ(metadata->num_row_groups(), 2);
  EXPECT_EQ(metadata->RowGroup(0)->ColumnChunk(1)->compression(), parquet::Compression::ZSTD);
  EXPECT_FALSE(metadata->RowGroup(0)->ColumnChunk(1)->is_stats_set());
  EXPECT_TRUE(HasEncoding(*metadata, 1, Encoding::DELTA_BYTE_ARRAY));
  const auto split = MustMake(MakeCase("encoding=bss", kRows));
  EXPECT_TRUE(HasEncoding(*MetadataOf(split.at(0)), 2, Encoding::BYTE_STREAM_SPLIT));
}

TEST(MakeLake, FollowsTheConfiguration) {
  using parquet::Encoding;
  RunConfig mixed;
  mixed.page_rows = 1;
  mixed.dictionary_page_bytes = 1;
  const auto mixed_lake = MustMake(MakeCase("", kRows), mixed);
  const auto metadata = MetadataOf(mixed_lake.at(0));
  EXPECT_TRUE(HasEncoding(*metadata, 1, Encoding::RLE_DICTIONARY));
  EXPECT_TRUE(HasEncoding(*metadata, 1, Encoding::PLAIN));

  RunConfig plain;
  plain.dictionary = false;
  plain.codec = "none";
  plain.row_group_rows = 1;
  const auto plain_lake = MustMake(MakeCase("", kRows), plain);
  EXPECT_EQ(MetadataOf(plain_lake.at(0))->num_row_groups(), 3);
  EXPECT_FALSE(HasEncoding(*MetadataOf(plain_lake.at(0)), 1, Encoding::RLE_DICTIONARY));
}

TEST(MakeLake, CutsBytesOff) {
  const auto whole = MustMake(MakeCase("", kRows));
  const auto cut = MustMake(MakeCase("truncate=5", kRows));
  EXPECT_EQ(cut.at(0).bytes.size() + 5, whole.at(0).bytes.size());
}

TEST(MakeLake, SaysWhichTableIsWrong) {
  const auto lake = MakeLake(MakeCase("", "interval_start | node:colour\n2025-11-03 | n1"), {});
  ASSERT_FALSE(lake.ok());
  EXPECT_EQ(lake.status().message(), "a.case:4: there is no type colour");
  EXPECT_FALSE(MakeLake(MakeCase("", "interval_start\nyesterday"), {}).ok());
  EXPECT_FALSE(MakeLake(MakeCase("codec=zip", kRows), {}).ok());
}

}  // namespace
}  // namespace matome::case_runner
