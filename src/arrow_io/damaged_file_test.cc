// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/properties.h>

#include "arrow_io/parquet_for_test.h"

namespace matome::arrow_io {
namespace {

using ::testing::HasSubstr;

const auto kMillis = arrow::timestamp(arrow::TimeUnit::MILLI);

std::vector<uint8_t> GoodBytes(const FileFormForTest& form = {}) {
  return WriteForTest({{"interval_start", kMillis, "[0, 0, 3600000, 3600000, null, 7200000]"},
                       {"t", arrow::utf8(), R"(["a", "b", null, "a", "c", ""])"},
                       {"n", arrow::float64(), "[1, 2, null, 4, 4, 5]"}},
                      form);
}

base::Status FooterStatus(std::string_view bytes) {
  const auto footer = FileForTest(std::vector<uint8_t>(bytes.begin(), bytes.end())).Footer();
  return footer.ok() ? base::Status::Ok() : footer.status();
}

TEST(DamagedFile, WhatIsNotParquetIsBadInput) {
  for (const std::string& bytes :
       {std::string("PAR1"), std::string("a,b,c\n1,2,3\n4,5,6\n7,8,9\n"), std::string(100, '\0'),
        std::string("PAR1") + std::string(100, 'x') + "PAR1",
        "PAR1" + std::string(20, 'x') + std::string("\xFF\xFF\xFF\x7F", 4) + "PAR1"}) {
    EXPECT_EQ(FooterStatus(bytes).code(), base::Code::kBadInput) << bytes;
  }
  EXPECT_THAT(FooterStatus("PAR1").message(), HasSubstr("not Parquet: only 4 bytes"));
}

TEST(DamagedFile, CutOffAnywhereIsBadInput) {
  const auto good = GoodBytes();
  for (size_t size = 0; size < good.size(); ++size) {
    const auto footer =
        FileForTest({good.begin(), good.begin() + static_cast<int64_t>(size)}).Footer();
    ASSERT_FALSE(footer.ok()) << size;
    ASSERT_EQ(footer.status().code(), base::Code::kBadInput) << size;
  }
}

TEST(DamagedFile, AnObjectThatIsGoneOrChangedIsWorthARetry) {
  store::MemoryStore store;
  store.Put("file", GoodBytes());
  const auto object = store.List("").value().front();
  static constexpr std::array<std::string_view, 1> kColumns = {"interval_start"};
  const auto footer = ReadFooter(store, object, kColumns).value();
  store.Put("file", GoodBytes());
  EXPECT_EQ(ReadFooter(store, object, kColumns).status().code(), base::Code::kInputChanged);
  EXPECT_EQ(RowGroupReader::Open(store, footer, 0, {}, {}).status().code(),
            base::Code::kInputChanged);
  store.Remove("file");
  EXPECT_EQ(ReadFooter(store, object, kColumns).status().code(), base::Code::kInputChanged);
}

TEST(DamagedFile, AFlippedByteIsCaughtByItsChecksum) {
  FileFormForTest form;
  form.properties.enable_page_checksum();
  form.properties.compression(parquet::Compression::UNCOMPRESSED);
  auto bytes = GoodBytes(form);
  const FileForTest good(bytes);
  const auto footer = good.Footer().value();
  const auto& chunk = footer.row_groups[0].chunks[2];
  bytes[static_cast<size_t>(chunk.offset + chunk.compressed_bytes - 1)] ^= 1;
  const auto decoded = FileForTest(bytes).Read();
  EXPECT_EQ(decoded.status.code(), base::Code::kBadInput);
  EXPECT_THAT(decoded.status.message(), HasSubstr("column n: page at byte "));
}

TEST(DamagedFile, WrongCountsOfValues) {
  const FileForTest file(GoodBytes());
  auto more_values = file.Footer().value();
  more_values.row_groups[0].chunks[2].values = 7;
  EXPECT_EQ(file.Read(more_values).status.code(), base::Code::kBadInput);
  EXPECT_THAT(file.Read(more_values).status.message(),
              HasSubstr("column n: 7 values in a row group of 6 rows"));

  auto more_rows = file.Footer().value();
  more_rows.row_groups[0].rows = 7;
  for (auto& chunk : more_rows.row_groups[0].chunks) chunk.values = 7;
  const auto short_of_rows = file.Read(more_rows);
  EXPECT_EQ(short_of_rows.status.code(), base::Code::kBadInput);
  EXPECT_THAT(short_of_rows.status.message(),
              HasSubstr("fewer values than the row group has rows"));
  EXPECT_EQ(short_of_rows.numbers.size(), 6U);

  auto fewer_rows = file.Footer().value();
  fewer_rows.row_groups[0].rows = 5;
  for (auto& chunk : fewer_rows.row_groups[0].chunks) chunk.values = 5;
  EXPECT_THAT(file.Read(fewer_rows).status.message(),
              HasSubstr("more values than the row group has left"));
}

TEST(DamagedFile, RowsOutsideOfTheStatistics) {
  const FileForTest file(GoodBytes());
  auto footer = file.Footer().value();
  footer.row_groups[0].time_bounds->max_millis = 7'199'999;
  EXPECT_EQ(file.Read(footer).status.code(), base::Code::kBadInput);
  EXPECT_THAT(file.Read(footer).status.message(),
              HasSubstr("column interval_start: a value outside of the column's statistics"));
}

// What a footer says of a chunk may be anything; reading by it must end in rows or an error.
TEST(DamagedFile, FootersThatLie) {
  for (const bool plain : {false, true}) {
    FileFormForTest form;
    if (plain) form.properties.disable_dictionary();
    const FileForTest file(GoodBytes(form));
    const auto footer = file.Footer().value();
    int errors = 0;
    const auto read = [&](const ParquetFile& changed) {
      const auto decoded = file.Read(changed);
      if (!decoded.status.ok()) {
        EXPECT_EQ(decoded.status.code(), base::Code::kBadInput);
        ++errors;
      }
    };
    for (size_t column = 0; column < 3; ++column) {
      for (uint8_t type = 0; type <= static_cast<uint8_t>(StoredType::kOther); ++type) {
        auto changed = footer;
        changed.row_groups[0].chunks[column].type = static_cast<StoredType>(type);
        read(changed);
      }
      for (uint8_t codec = 0; codec < 12; ++codec) {
        auto changed = footer;
        changed.row_groups[0].chunks[column].codec = codec;
        read(changed);
      }
      for (const int64_t shift : {-30, -1, 1, 3, 30}) {
        auto changed = footer;
        auto& chunk = changed.row_groups[0].chunks[column];
        chunk.offset = std::max<int64_t>(chunk.offset + shift, 0);
        read(changed);
        changed = footer;
        changed.row_groups[0].chunks[column].compressed_bytes += shift;
        read(changed);
      }
      auto changed = footer;
      changed.row_groups[0].chunks[column].optional = false;
      read(changed);
    }
    EXPECT_GT(errors, 20);
  }
}

TEST(DamagedFile, AnyByteMayBeWrong) {
  const auto row_forms = [] {
    std::vector<FileFormForTest> forms(4);
    forms[1].properties.disable_dictionary();
    forms[2].properties.data_page_version(parquet::ParquetDataPageVersion::V2);
    forms[3].properties.compression(parquet::Compression::UNCOMPRESSED);
    return forms;
  }();
  int errors = 0;
  for (const auto& form : row_forms) {
    const auto good = GoodBytes(form);
    for (size_t at = 0; at < good.size(); ++at) {
      for (const uint8_t change : {uint8_t{0x01}, uint8_t{0x80}, uint8_t{0xFF}}) {
        auto bytes = good;
        bytes[at] ^= change;
        const auto decoded = FileForTest(std::move(bytes)).Read();
        if (decoded.status.ok()) continue;
        ASSERT_EQ(decoded.status.code(), base::Code::kBadInput) << at;
        ++errors;
      }
    }
  }
  EXPECT_GT(errors, 1000);
}

}  // namespace
}  // namespace matome::arrow_io
