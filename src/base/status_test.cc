// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

#include <gtest/gtest.h>

namespace matome::base {
namespace {

Result<int> Half(int value) {
  if (value % 2 != 0) return BadInput("odd");
  return value / 2;
}

Result<int> Quarter(int value) {
  MATOME_ASSIGN_OR_RETURN(const int half, Half(value));
  return Half(half);
}

TEST(Status, ContextReadsFromTheOutsideIn) {
  const Status status =
      BadInput("bad footer").WithContext("pod_usage").WithContext("day 2025-11-03");
  EXPECT_EQ(status.message(), "day 2025-11-03: pod_usage: bad footer");
  EXPECT_EQ(ExitCodeOf(status.code()), 14);
  EXPECT_TRUE(Status::Ok().WithContext("anywhere").ok());
}

TEST(Result, CarriesAValueOrAnError) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).status().message(), "odd");
}

}  // namespace
}  // namespace matome::base
