// SPDX-License-Identifier: Apache-2.0
#include "report/text_table.h"

#include <gtest/gtest.h>

namespace matome::report {
namespace {

TEST(TextTable, AlignsColumnsBelowTheirHeadings) {
  TextTable table({{"day", false, 0}, {"pod", true, 2}, {"storage", true, 1}});
  table.AddGroup("rows", 1, 2);
  table.AddRow({"10-01", "1,234", "5"});
  table.AddRemark("10-02", "no rows at all, and a remark may be long");
  table.AddRule();
  table.AddRow({"total", "1,234"});
  EXPECT_EQ(table.width(), 20U);
  EXPECT_EQ(table.Text(false),
            "           rows\n"
            "day      pod storage\n"
            "10-01  1,234       5\n"
            "10-02 no rows at all, and a remark may be long\n"
            "--------------------\n"
            "total  1,234\n");
}

TEST(TextTable, BoldSetsOffHeadingsAndTotal) {
  TextTable table({{"a", false, 0}});
  table.AddRow({"x"});
  table.AddRule();
  table.AddRow({"y"});
  EXPECT_EQ(table.Text(true), "\x1b[1ma\x1b[0m\nx\n-\n\x1b[1my\x1b[0m\n");
}

}  // namespace
}  // namespace matome::report
