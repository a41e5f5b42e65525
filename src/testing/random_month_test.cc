// SPDX-License-Identifier: Apache-2.0
#include "testing/random_month.h"

#include <set>

#include <gtest/gtest.h>

#include "testing/naive_summary.h"
#include "testing/random_source.h"
#include "testing/row_comparison.h"

namespace matome::testing {
namespace {

constexpr uint64_t kSeeds = 200;

/// What the months of many seeds hold between them.
struct Census {
  std::set<std::string> kinds;
  size_t rows = 0;
  size_t days = 0;
  size_t failed_days = 0;
};

Census Count(const RandomMonthOptions& options) {
  Census census;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const RandomMonth month = MakeRandomMonth(seed, options);
    for (const auto& [day, result] : NaiveSummary(month.dataset, month.parameters)) {
      ++census.days;
      census.failed_days += result.error.has_value() ? 1 : 0;
      census.rows += result.rows.size();
      for (const ExpectedRow& row : result.rows) {
        census.kinds.insert(row.kind);
        for (const bool seen : {row.namespace_.has_value(), row.all_labels != "{}"}) {
          census.kinds.insert(row.kind + (seen ? " with" : " without"));
        }
      }
      if (result.error.has_value() && !options.faults) {
        ADD_FAILURE() << "seed " << seed << " day " << day << ": " << *result.error;
      }
    }
  }
  return census;
}

TEST(RandomSource, IsSplitMix64) {
  RandomSource random(1234567);
  EXPECT_EQ(random.Next(), 6457827717110365317U);
  EXPECT_EQ(random.Next(), 3203168211198807973U);
}

TEST(RandomMonth, NoFaultsNoFailures) {
  for (const Semantics semantics : {Semantics::kTrino, Semantics::kKokuPostgresql}) {
    RandomMonthOptions options;
    options.semantics = semantics;
    options.faults = false;
    const Census census = Count(options);
    EXPECT_EQ(census.failed_days, 0U);
    EXPECT_GT(census.rows, kSeeds * 10);
    EXPECT_EQ(census.kinds.size(), 9U);
  }
}

TEST(RandomMonth, FaultsFailSomeDays) {
  for (const Semantics semantics : {Semantics::kTrino, Semantics::kKokuPostgresql}) {
    RandomMonthOptions options;
    options.semantics = semantics;
    const Census census = Count(options);
    EXPECT_GT(census.failed_days, kSeeds / 50);
    EXPECT_LT(census.failed_days, census.days / 8);
  }
}

TEST(RandomMonth, SameSeedSameMonth) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const RandomMonth first = MakeRandomMonth(seed);
    const RandomMonth second = MakeRandomMonth(seed);
    const auto days = NaiveSummary(first.dataset, first.parameters);
    for (const auto& [day, result] : NaiveSummary(second.dataset, second.parameters)) {
      EXPECT_TRUE(CompareRows(days.at(day).rows, result.rows).empty()) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace matome::testing
