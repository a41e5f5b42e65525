// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <gtest/gtest.h>

namespace matome::cli {
namespace {

TEST(ProgressLine, ShowsShareCountAndWhatIsLeft) {
  EXPECT_EQ(ProgressLine("", 0, "0 of 31 days", 0), "[....................]   0%  0 of 31 days");
  EXPECT_EQ(ProgressLine("source 2 of 3", 0.25, "8 of 31 days", 4),
            "source 2 of 3  [#####...............]  25%  8 of 31 days, 12.0 s left");
  EXPECT_EQ(ProgressLine("", 1.5, "31 of 31 days", 4),
            "[####################] 100%  31 of 31 days");
}

}  // namespace
}  // namespace matome::cli
