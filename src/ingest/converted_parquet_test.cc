// SPDX-License-Identifier: Apache-2.0
#include "ingest/converted_parquet.h"

#include <array>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arrow_io/parquet_file.h"

namespace matome::ingest {
namespace {

ConvertedTable Table() {
  constexpr double null = std::numeric_limits<double>::quiet_NaN();
  ConvertedTable table;
  table.row_count = 3;
  table.columns.push_back({"interval_start", TimeColumn{{0, 86'400'000, 1}, true}});
  table.columns.push_back({"interval_end", TimeColumn{{0, 86'400'000, 1}, false}});
  table.columns.push_back({"node", TextColumn{{0, TextColumn::kNull, 1}, {"a", ""}}});
  table.columns.push_back({"node_role", TextColumn{{-1, -1, -1}, {}}});
  table.columns.push_back({"cores", NumberColumn{{1.5, null, 3}}});
  table.columns.push_back({"none", NumberColumn{{null, null, null}}});
  return table;
}

std::string Bytes(const ConvertedTable& table) {
  std::string bytes;
  const auto status = WriteConvertedTable(table, {{"matome.manifest", "m"}}, [&](auto block) {
    bytes.append(reinterpret_cast<const char*>(block.data()), block.size());
    return base::Status::Ok();
  });
  EXPECT_TRUE(status.ok()) << status.message();
  return bytes;
}

TEST(ConvertedParquetTest, WritesOneRowGroup) {
  const std::string bytes = Bytes(Table());
  EXPECT_EQ(bytes, Bytes(Table()));
  static constexpr std::array<std::string_view, 6> columns = {
      "interval_start", "interval_end", "node", "node_role", "cores", "none"};
  const auto file =
      arrow_io::ReadFooter(std::span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
                           {.key = "f", .size_bytes = static_cast<int64_t>(bytes.size())}, columns);
  ASSERT_TRUE(file.ok()) << file.status().message();
  ASSERT_EQ(file->row_groups.size(), 1U);
  const auto& group = file->row_groups.front();
  EXPECT_EQ(group.rows, 3);
  EXPECT_EQ(group.time_bounds->max_millis, 86'400'000);
  std::vector<arrow_io::StoredType> types;
  for (const auto& chunk : group.chunks) {
    types.push_back(chunk.type);
    EXPECT_TRUE(chunk.optional);
  }
  using enum arrow_io::StoredType;
  EXPECT_THAT(types, ::testing::ElementsAre(kTimestampMillis, kTimestampMillis, kText, kText,
                                            kDouble, kDouble));
  EXPECT_NE(bytes.find("matome.manifest"), std::string::npos);
}

TEST(ConvertedParquetTest, ReturnsTheErrorOfTheSink) {
  const auto status =
      WriteConvertedTable(Table(), {}, [](auto) { return base::Temporary("no room"); });
  EXPECT_EQ(status.message(), "no room");
}

}  // namespace
}  // namespace matome::ingest
