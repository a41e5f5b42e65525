// SPDX-License-Identifier: Apache-2.0
#include "aggregate/output_check.h"

#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matome::aggregate {
namespace {

using model::Name;
using model::Number;
using model::Semantics;
using model::SummaryRow;
using ::testing::HasSubstr;

class OutputCheckTest : public ::testing::Test {
 protected:
  static SummaryRow Row() {
    SummaryRow row{};
    row.label(model::Labels::kAllLabels) = model::kEmptyLabelSet;
    return row;
  }

  SummaryRow Named(Name name, std::string_view text) {
    SummaryRow row = Row();
    row.name(name) = vocabulary_.names(name).Intern(text);
    return row;
  }

  static SummaryRow Counting(double value) {
    SummaryRow row = Row();
    row.set(Number::kPodUsageCpuCoreHours, value);
    return row;
  }

  /// Whether the row stays; it is left in rows_.
  bool Stays(const SummaryRow& row, Semantics semantics = Semantics::kTrino) {
    rows_ = {row};
    bad_rows_.Clear();
    check_.Check(semantics, vocabulary_, 0, rows_, bad_rows_);
    EXPECT_EQ(bad_rows_.count() == 0, !rows_.empty());
    return !rows_.empty();
  }

  std::string Reason() const { return bad_rows_.kept().at(0).reason; }
  std::string Text(Name name) const {
    return std::string(vocabulary_.names(name).text(rows_.at(0).name(name)));
  }

  Rules rules_{.enabled_tag_keys = {"env"}};
  Vocabulary vocabulary_{rules_};
  OutputCheck check_;
  BadRows bad_rows_;
  std::vector<SummaryRow> rows_;
};

TEST_F(OutputCheckTest, NumbersMustFitTheirColumn) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(Stays(Counting(0)));
  EXPECT_TRUE(Stays(Counting(-999999999999999872.0)));
  EXPECT_FALSE(Stays(Counting(1e18)));
  EXPECT_FALSE(Stays(Counting(-1e18)));
  EXPECT_FALSE(Stays(Counting(kInfinity)));
  EXPECT_FALSE(Stays(Counting(-kInfinity)));
  EXPECT_FALSE(Stays(Counting(kNan)));
  EXPECT_EQ(bad_rows_.kept().at(0).column, "pod_usage_cpu_core_hours");
  EXPECT_THAT(Reason(), HasSubstr("nan does not fit numeric(33,15)"));
  EXPECT_TRUE(Stays(Counting(kNan), Semantics::kKokuPostgresql));
  EXPECT_FALSE(Stays(Counting(kInfinity), Semantics::kKokuPostgresql));
  EXPECT_FALSE(Stays(Counting(999999999999999872.0), Semantics::kKokuPostgresql));
}

TEST_F(OutputCheckTest, AbsentNumbersAreNotLookedAt) {
  SummaryRow row = Row();
  row.numbers.fill(std::numeric_limits<double>::quiet_NaN());
  EXPECT_TRUE(Stays(row));
}

TEST_F(OutputCheckTest, NamesAreAtMost253CodePoints) {
  EXPECT_TRUE(Stays(Named(Name::kNode, std::string(253, 'n'))));
  EXPECT_FALSE(Stays(Named(Name::kNode, std::string(254, 'n'))));
  EXPECT_EQ(bad_rows_.kept().at(0).column, "node");
  EXPECT_THAT(Reason(), HasSubstr("longer than 253 characters"));
  std::string wide;
  for (int i = 0; i < 253; ++i) wide += "\xC3\xA9";
  EXPECT_TRUE(Stays(Named(Name::kNamespace, wide)));
  EXPECT_FALSE(Stays(Named(Name::kNamespace, wide + "\xC3\xA9")));
}

TEST_F(OutputCheckTest, SpacesBeyondTheLimitAreCut) {
  std::string wide;
  for (int i = 0; i < 253; ++i) wide += "\xF0\x9F\x98\x80";
  for (int round = 0; round < 2; ++round) {  // The second time from memory.
    EXPECT_TRUE(Stays(Named(Name::kStorageClass, wide + "   ")));
    EXPECT_EQ(Text(Name::kStorageClass), wide);
  }
  EXPECT_FALSE(Stays(Named(Name::kStorageClass, wide + "  x")));
  EXPECT_FALSE(Stays(Named(Name::kStorageClass, wide + "\t")));
  // Short texts keep their spaces.
  EXPECT_TRUE(Stays(Named(Name::kStorageClass, "x  ")));
  EXPECT_EQ(Text(Name::kStorageClass), "x  ");
  EXPECT_TRUE(Stays(Named(Name::kStorageClass, std::string(300, ' '))));
  EXPECT_EQ(Text(Name::kStorageClass), std::string(253, ' '));
}

TEST_F(OutputCheckTest, NulAndInvalidUtf8AreRefused) {
  EXPECT_FALSE(Stays(Named(Name::kResourceId, std::string_view("a\0b", 3))));
  EXPECT_THAT(Reason(), HasSubstr("U+0000"));
  EXPECT_FALSE(Stays(Named(Name::kResourceId, "a\xFF")));
  EXPECT_THAT(Reason(), HasSubstr("UTF-8"));
  EXPECT_TRUE(Stays(Named(Name::kResourceId, "")));
}

TEST_F(OutputCheckTest, TheVolumeHandleIsNotWrittenSoItMayBeAnything) {
  EXPECT_TRUE(Stays(Named(Name::kCsiVolumeHandle, std::string(1000, 'h'))));
}

TEST_F(OutputCheckTest, KeptLabelsMustNotHoldNul) {
  SummaryRow row = Row();
  row.label(model::Labels::kAllLabels) = vocabulary_.labels.FromText(R"({"env": "a\u0000"})");
  EXPECT_FALSE(Stays(row));
  EXPECT_EQ(bad_rows_.kept().at(0).column, "all_labels");
  row.label(model::Labels::kAllLabels) = vocabulary_.labels.FromText(R"({"other": "a\u0000"})");
  EXPECT_TRUE(Stays(row));
}

TEST_F(OutputCheckTest, RemovesBadRowsOnlyAndKeepsTheOrder) {
  rows_ = {Counting(1), Counting(1e19), Named(Name::kNode, "n2"), Counting(1e20), Counting(3)};
  check_.Check(Semantics::kTrino, vocabulary_, 0, rows_, bad_rows_);
  ASSERT_EQ(rows_.size(), 3U);
  EXPECT_EQ(rows_[0].number(Number::kPodUsageCpuCoreHours), 1);
  EXPECT_EQ(Text(Name::kNode), "");
  EXPECT_EQ(vocabulary_.names(Name::kNode).text(rows_[1].name(Name::kNode)), "n2");
  EXPECT_EQ(rows_[2].number(Number::kPodUsageCpuCoreHours), 3);
  EXPECT_EQ(bad_rows_.count(), 2);
}

TEST_F(OutputCheckTest, BadRowsAreCountedBeyondThoseKept) {
  rows_.assign(BadRows::kMost + 5, Counting(1e19));
  check_.Check(Semantics::kTrino, vocabulary_, 0, rows_, bad_rows_);
  EXPECT_TRUE(rows_.empty());
  EXPECT_EQ(bad_rows_.count(), static_cast<int64_t>(BadRows::kMost + 5));
  EXPECT_EQ(bad_rows_.kept().size(), BadRows::kMost);
}

}  // namespace
}  // namespace matome::aggregate
