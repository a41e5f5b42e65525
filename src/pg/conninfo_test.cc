// SPDX-License-Identifier: Apache-2.0
#include "pg/conninfo.h"

#include <vector>

#include <gmock/gmock.h>

namespace matome::pg {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<ConnectWord> kDefaults = {{"host", "koku"}, {"password", "it's \\ hush"}};

TEST(CompleteConninfo, AddsWhatIsNotGiven) {
  EXPECT_EQ(CompleteConninfo("postgresql://", kDefaults).value(),
            R"(host='koku' password='it\'s \\ hush')");
  EXPECT_EQ(CompleteConninfo("postgresql://u:p@h:7/db?sslmode=require", kDefaults).value(),
            "dbname='db' host='h' password='p' port='7' sslmode='require' user='u'");
  EXPECT_EQ(CompleteConninfo("postgresql:///?host=/run/pg", kDefaults).value(),
            R"(host='/run/pg' password='it\'s \\ hush')");
}

TEST(CompleteConninfo, WhatCannotBeUnderstoodIsUsageWithoutTheText) {
  const auto result = CompleteConninfo("postgresql://u:hush@h:x/db?nonsense=1", kDefaults);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), base::Code::kUsage);
  EXPECT_THAT(result.status().message(), Not(HasSubstr("hush")));
}

}  // namespace
}  // namespace matome::pg
