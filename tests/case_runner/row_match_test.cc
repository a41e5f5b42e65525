// SPDX-License-Identifier: Apache-2.0
#include "case_runner/row_match.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matome::case_runner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

SummaryRowValues Row(const std::string& kind, std::optional<std::string> node, double hours) {
  SummaryRowValues row;
  row["kind"].text = kind;
  row["node"].text = std::move(node);
  row["pod_usage_cpu_core_hours"] = {"number", hours};
  row["node_capacity_cpu_core_hours"] = {"1000", 1000.0};
  row["node_capacity_memory_gigabyte_hours"] = {};
  return row;
}

Expectation Expect(std::vector<std::vector<Cell>> rows) {
  Expectation expected;
  expected.columns = {"node", "pod_usage_cpu_core_hours"};
  expected.rows = std::move(rows);
  return expected;
}

TEST(MatchRows, ComparesMultisets) {
  const Expectation expected = Expect({{"n1", "1"}, {"n1", "1"}, {Cell(), "2"}});
  EXPECT_THAT(
      MatchRows(expected, {Row("pod", std::nullopt, 2), Row("pod", "n1", 1), Row("pod", "n1", 1)},
                false),
      IsEmpty());
  EXPECT_THAT(MatchRows(expected, {Row("pod", std::nullopt, 2), Row("pod", "n1", 1)}, false),
              ElementsAre(HasSubstr("missing: n1 | 1")));
  EXPECT_THAT(MatchRows(expected,
                        {Row("pod", std::nullopt, 2), Row("pod", "n1", 1), Row("pod", "n1", 1),
                         Row("pod", "n2", 3)},
                        false),
              ElementsAre(HasSubstr("not expected: n2")));
}

TEST(MatchRows, TellsNullFromEmpty) {
  EXPECT_THAT(MatchRows(Expect({{"", "1"}}), {Row("pod", "", 1)}, false), IsEmpty());
  EXPECT_FALSE(MatchRows(Expect({{"", "1"}}), {Row("pod", std::nullopt, 1)}, false).empty());
  EXPECT_FALSE(MatchRows(Expect({{Cell(), "1"}}), {Row("pod", "", 1)}, false).empty());
}

TEST(MatchRows, LooksAtTheExpectedKindsOnly) {
  Expectation expected = Expect({{"n1", "1"}});
  expected.row_kinds = {"pod"};
  EXPECT_THAT(MatchRows(expected, {Row("pod", "n1", 1), Row("unallocated", "n1", 7)}, false),
              IsEmpty());
}

TEST(MatchRows, ToleratesAddingInAnotherOrder) {
  EXPECT_THAT(MatchRows(Expect({{"n1", "1"}}), {Row("pod", "n1", 1 + 9e-10)}, false), IsEmpty());
  EXPECT_FALSE(MatchRows(Expect({{"n1", "1"}}), {Row("pod", "n1", 1 + 2e-9)}, false).empty());
  EXPECT_THAT(MatchRows(Expect({{"n1", "0"}}), {Row("unallocated", "n1", 1e-7)}, false), IsEmpty());
  EXPECT_FALSE(MatchRows(Expect({{"n1", "0"}}), {Row("pod", "n1", 1e-7)}, false).empty());
  EXPECT_THAT(MatchRows(Expect({{"n1", "nan"}}), {Row("pod", "n1", NAN)}, false), IsEmpty());
}

TEST(MatchRows, ComparesCsvNumbersAsText) {
  Expectation expected = Expect({{"n1", "number"}});
  expected.kind = ExpectationKind::kCsvRows;
  EXPECT_THAT(MatchRows(expected, {Row("pod", "n1", 1)}, true), IsEmpty());
}

}  // namespace
}  // namespace matome::case_runner
