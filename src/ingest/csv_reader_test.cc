// SPDX-License-Identifier: Apache-2.0
#include "ingest/csv_reader.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/bytes_for_test.h"
#include "ingest/naive_csv_for_test.h"
#include "testing/random_source.h"

namespace matome::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Row = std::vector<std::string>;

struct ReadCsv {
  base::Status status;
  bool has_header = false;
  Row header;
  std::vector<Row> rows;
  std::vector<int64_t> row_numbers;
  int64_t row_count = 0;
  int64_t rows_with_more_fields = 0;
  int64_t replaced_bytes = 0;
};

ReadCsv Read(std::string text, const CsvOptions& options = {}, size_t most = SIZE_MAX) {
  TextSource source(std::move(text), most);
  CsvReader reader(source, options);
  ReadCsv read;
  auto header = reader.ReadHeader();
  read.status = header.status();
  if (!header.ok() || !*header) return read;
  read.has_header = true;
  read.header = reader.columns();
  CsvBlock block;
  while (true) {
    auto more = reader.Next(block);
    read.status = more.status();
    if (!more.ok() || !*more) break;
    for (size_t row = 0; row < block.row_count(); ++row) {
      Row& fields = read.rows.emplace_back();
      for (size_t column = 0; column < read.header.size(); ++column)
        fields.emplace_back(block.text(row, column));
      read.row_numbers.push_back(block.row_number(row));
    }
  }
  read.row_count = reader.row_count();
  read.rows_with_more_fields = reader.rows_with_more_fields();
  read.replaced_bytes = reader.replaced_bytes();
  return read;
}

std::vector<Row> Rows(const std::string& text) {
  const auto read = Read(text);
  EXPECT_TRUE(read.status.ok()) << read.status.message();
  return read.rows;
}

TEST(CsvReaderTest, ReadsPlainRows) {
  const auto read = Read("a,b\n1,2\n3,4\n");
  EXPECT_TRUE(read.status.ok());
  EXPECT_THAT(read.header, ElementsAre("a", "b"));
  EXPECT_THAT(read.rows, ElementsAre(Row{"1", "2"}, Row{"3", "4"}));
  EXPECT_THAT(read.row_numbers, ElementsAre(1, 2));
}

TEST(CsvReaderTest, HasNoHeaderWithoutText) {
  for (const auto* text : {"", "\n", "\r\n\n \t\n", "\xEF\xBB\xBF", "\xEF\xBB\xBF\n"}) {
    const auto read = Read(text);
    EXPECT_TRUE(read.status.ok());
    EXPECT_FALSE(read.has_header) << text;
  }
  EXPECT_TRUE(Read("a").has_header);
  EXPECT_THAT(Rows("a,b\n"), IsEmpty());
}

TEST(CsvReaderTest, TakesEveryLineEnd) {
  EXPECT_THAT(Rows("a,b\r\n1,2\r3,4\n\r\n\r\r5,6"),
              ElementsAre(Row{"1", "2"}, Row{"3", "4"}, Row{"5", "6"}));
}

TEST(CsvReaderTest, PassesOverByteOrderMarkAndBlankLines) {
  const auto read = Read("\xEF\xBB\xBF\n\"a\",b\n \t \n\n1,2\n\n");
  EXPECT_THAT(read.header, ElementsAre("a", "b"));
  EXPECT_THAT(read.rows, ElementsAre(Row{"1", "2"}));
  EXPECT_EQ(read.row_count, 1);
}

TEST(CsvReaderTest, UnderstandsQuotes) {
  EXPECT_THAT(Rows("a,b\n\"x,y\",\"l1\nl2\"\n"), ElementsAre(Row{"x,y", "l1\nl2"}));
  EXPECT_THAT(Rows("a,b\n\"c\rd\",\"e\r\nf\"\n"), ElementsAre(Row{"c\rd", "e\r\nf"}));
  EXPECT_THAT(Rows("a,b\n\"say \"\"hi\"\"\",\"\"\n"), ElementsAre(Row{"say \"hi\"", ""}));
  EXPECT_THAT(Rows("a,b\nx\"y\"z,\"ab\"cd\n"), ElementsAre(Row{"x\"y\"z", "abcd"}));
  EXPECT_THAT(Rows("a,b\n\"ab\"c\"d\", \"e\"\n"), ElementsAre(Row{"abc\"d\"", " \"e\""}));
  EXPECT_THAT(Rows("a\n\"\"\n"), ElementsAre(Row{""}));
  EXPECT_THAT(Rows("a\n\"x\""), ElementsAre(Row{"x"}));
}

TEST(CsvReaderTest, FillsUpAndDropsRows) {
  const auto read = Read("a,b,c\n1\n1,2,3,4\n,,\n5,6,7,\n8,9,10\n");
  EXPECT_THAT(read.rows, ElementsAre(Row{"1", "", ""}, Row{"", "", ""}, Row{"8", "9", "10"}));
  EXPECT_THAT(read.row_numbers, ElementsAre(1, 3, 5));
  EXPECT_EQ(read.row_count, 5);
  EXPECT_EQ(read.rows_with_more_fields, 2);
}

TEST(CsvReaderTest, NulEndsAField) {
  using namespace std::string_literals;
  EXPECT_THAT(Rows("a\0x,b\n1\0"s + "2,\"3\0\"\"4\"\n\0,5\n"s),
              ElementsAre(Row{"1", "3"}, Row{"", "5"}));
  EXPECT_THAT(Read("a\0x,b\n"s).header, ElementsAre("a", "b"));
}

TEST(CsvReaderTest, GivesEveryColumnAName) {
  EXPECT_THAT(Read("a,,a,a,b,\n").header,
              ElementsAre("a", "Unnamed: 1", "a.1", "a.2", "b", "Unnamed: 5"));
  EXPECT_THAT(Read("a,a,a.1\n").header, ElementsAre("a", "a.2", "a.1"));
}

TEST(CsvReaderTest, RefusesAQuoteThatIsNeverClosed) {
  const auto read = Read("a,b\n1,2\n3,\"4\n5,6\n");
  EXPECT_EQ(read.status.code(), base::Code::kBadInput);
  EXPECT_THAT(read.status.message(), HasSubstr("row 2: a quote that begins in it is never closed"));
  EXPECT_THAT(read.rows, ElementsAre(Row{"1", "2"}));
  EXPECT_THAT(Read("a,\"b\n1,2\n").status.message(), HasSubstr("header: a quote"));
  EXPECT_FALSE(Read("a\n\"x\"\"").status.ok());
}

TEST(CsvReaderTest, RefusesWhatIsNotUtf8) {
  const auto read = Read("a,b\n1,é\n2,\xC3\n3,x\n");
  EXPECT_EQ(read.status.code(), base::Code::kBadInput);
  EXPECT_THAT(read.status.message(), HasSubstr("row 2: has bytes that are not UTF-8"));
  EXPECT_THAT(read.rows, ElementsAre(Row{"1", "é"}));
  EXPECT_THAT(Read("a\xFF,b\n1,2\n").status.message(), HasSubstr("header: has bytes"));
  EXPECT_FALSE(Read("a\nx\xE2\x82").status.ok());
}

TEST(CsvReaderTest, ReplacesWhatIsNotUtf8) {
  const auto read = Read("a,b\n1\xFF,é\xC3\n\xE2\x82,2\n", {.replace_invalid_utf8 = true});
  EXPECT_TRUE(read.status.ok());
  EXPECT_THAT(read.rows, ElementsAre(Row{"1\uFFFD", "é\uFFFD"}, Row{"\uFFFD\uFFFD", "2"}));
  EXPECT_EQ(read.replaced_bytes, 4);
}

TEST(CsvReaderTest, RefusesALongRow) {
  const std::string text = "a,b\n1,2\n" + std::string(100, 'x') + ",2\n";
  const auto read = Read(text, {.row_bytes = 64});
  EXPECT_EQ(read.status.code(), base::Code::kBadInput);
  EXPECT_THAT(read.status.message(), HasSubstr("row 2: longer than 64 bytes"));
  EXPECT_THAT(read.rows, ElementsAre(Row{"1", "2"}));
  EXPECT_THAT(Read("a\n\"" + std::string(100, 'x'), {.row_bytes = 64}).status.message(),
              HasSubstr("a quote that begins in it is never closed"));
}

TEST(CsvReaderTest, ReadsARowLongerThanItsBuffer) {
  const std::string field(size_t{3} << 20, 'x');
  const auto read = Read("a,b\n1,2\n" + field + ",\"" + field + "\"\n3,4\n");
  ASSERT_TRUE(read.status.ok()) << read.status.message();
  EXPECT_EQ(read.rows.size(), 3U);
  EXPECT_EQ(read.rows[1][1], field);
}

TEST(CsvReaderTest, RefusesAWideHeader) {
  EXPECT_THAT(Read("a,b,c\n", {.columns = 2}).status.message(), HasSubstr("has 3 columns"));
}

TEST(CsvReaderTest, ReadsWhatANaiveReaderReads) {
  constexpr uint64_t seed = 20'251'001;
  SCOPED_TRACE(seed);
  testing::RandomSource random(seed);
  const std::vector<std::string> pieces = {",",
                                           ",",
                                           "\n",
                                           "\r\n",
                                           "\r",
                                           "\"",
                                           "\"\"",
                                           "\",\"",
                                           "ab",
                                           " ",
                                           "é",
                                           "😀",
                                           "\t",
                                           "1",
                                           "x\"y",
                                           ",",
                                           std::string(1, '\0'),
                                           "\n",
                                           "longer text"};
  for (int round = 0; round < 20'000; ++round) {
    std::string text = random.Percent(10) ? "\xEF\xBB\xBF" : "";
    text += random.Percent(80) ? "c1,c2,c3\n" : "";
    const auto count = random.Below(60);
    for (uint64_t piece = 0; piece < count; ++piece) text += random.Pick(pieces);
    const NaiveCsv naive = ReadNaively(text);
    SCOPED_TRACE(::testing::PrintToString(text));

    // A small buffer cuts the text everywhere; rows that are longer end the reading.
    const auto row_bytes = static_cast<int64_t>(1 + random.Below(text.size() + 2));
    const auto read = Read(text, {.row_bytes = row_bytes}, 1 + random.Below(40));
    if (!read.status.ok() && read.status.message().find("longer than") != std::string::npos) {
      ASSERT_LE(read.rows.size(), naive.rows.size());
      ASSERT_TRUE(std::equal(read.rows.begin(), read.rows.end(), naive.rows.begin()));
      continue;
    }
    ASSERT_EQ(read.status.ok(), !naive.open_quote) << read.status.message();
    ASSERT_EQ(read.rows, naive.rows);
    ASSERT_EQ(read.row_numbers, naive.row_numbers);
    ASSERT_EQ(read.row_count, naive.row_count);
    ASSERT_EQ(read.rows_with_more_fields, naive.rows_with_more_fields);
    ASSERT_EQ(read.header.size(), naive.header.size());
  }
}

}  // namespace
}  // namespace matome::ingest
