// SPDX-License-Identifier: Apache-2.0
#include "case_runner/summary_tree.h"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "model/table_schema.h"

namespace matome::case_runner {
namespace {

std::string Header() {
  std::vector<std::string_view> names;
  for (const auto& column : model::SummaryColumns()) names.push_back(column.name);
  return fmt::format("{}\n", fmt::join(names, ","));
}

/// A record whose cluster_alias and data_source are as given, everything else NULL.
std::string Record(std::string_view alias, std::string_view data_source, std::string_view end) {
  return fmt::format(",,,{},{}{}{}", alias, data_source,
                     std::string(model::SummaryColumns().size() - 5, ','), end);
}

TEST(ReadCsvDay, TellsNullFromEmptyAndReadsQuotes) {
  const auto rows =
      ReadCsvDay(Header() + Record("", "Storage", "\n") + Record("\"\"", "Pod", "\r\n") +
                 Record("\"a,\"\"b\"\"\n\"", "Pod", "\n"));
  ASSERT_TRUE(rows.ok()) << rows.status().message();
  ASSERT_EQ(rows->size(), 3U);
  EXPECT_EQ((*rows)[0].at("cluster_alias").text, std::nullopt);
  EXPECT_EQ((*rows)[0].at("kind").text, "storage");
  EXPECT_EQ((*rows)[1].at("cluster_alias").text, "");
  EXPECT_EQ((*rows)[1].at("kind").text, "unallocated");
  EXPECT_EQ((*rows)[2].at("cluster_alias").text, "a,\"b\"\n");
}

TEST(ReadCsvDay, RefusesWhatIsNoSummary) {
  EXPECT_FALSE(ReadCsvDay("a,b\n1,2\n").ok());
  EXPECT_FALSE(ReadCsvDay(Header() + "1,2\n").ok());
  EXPECT_FALSE(ReadCsvDay(Header() + "\"1").ok());
}

TEST(ReadParquetDay, RefusesWhatIsNoParquet) { EXPECT_FALSE(ReadParquetDay("a,b\n").ok()); }

}  // namespace
}  // namespace matome::case_runner
