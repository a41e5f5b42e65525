// SPDX-License-Identifier: Apache-2.0
#include "catalog/lake_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/memory_store.h"

namespace matome::catalog {
namespace {

using model::Day;
using model::Month;
using model::Report;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LakeLayout, PrefixesAreKokus) {
  EXPECT_EQ(MonthPrefix(Report::kPodUsageHourly, "org1234567", "u-1", {2025, 3}),
            "data/parquet/org1234567/OCP/pod_usage/source=u-1/year=2025/month=03/");
  EXPECT_EQ(MonthPrefix(Report::kPodUsageDaily, "10001", "u-1", {2025, 12}),
            "data/parquet/daily/10001/OCP/pod_usage/source=u-1/year=2025/month=12/");
  EXPECT_EQ(ReportPrefix(Report::kStorageUsageDaily, "a"),
            "data/parquet/daily/a/OCP/storage_usage/");
  EXPECT_EQ(ReportPrefix(Report::kNodeLabelsDaily, "a"), "data/parquet/daily/a/OCP/node_labels/");
  EXPECT_EQ(ReportPrefix(Report::kNamespaceLabelsDaily, "a"),
            "data/parquet/daily/a/OCP/namespace_labels/");
}

TEST(LakeLayout, HiddenPartsDoNotCount) {
  for (const auto* visible : {"a.parquet", "a", "day=1/a", "a_b.c", "x/y/z_", "a."})
    EXPECT_TRUE(IsVisible(visible)) << visible;
  for (const auto* hidden : {"_a", ".a", "_SUCCESS", "x/_a", "x/.a", "_x/a", ".x/a", "x/_y/a"}) {
    EXPECT_FALSE(IsVisible(hidden)) << hidden;
  }
}

TEST(LakeLayout, FindsTheDateInAName) {
  EXPECT_EQ(DayInName("p/pod_usage.2025-11-03.7f9c-24e8.0_daily_0.parquet"),
            Day::Parse("2025-11-03"));
  EXPECT_EQ(DayInName("2025-11-03"), Day::Parse("2025-11-03"));
  EXPECT_EQ(DayInName("2025-11-03/report_0.parquet"), std::nullopt);
  EXPECT_EQ(DayInName("pod_usage.2025-13-03.x"), std::nullopt);
  EXPECT_EQ(DayInName("ocp_pod_usage_0.parquet"), std::nullopt);
  EXPECT_EQ(DayInName(""), std::nullopt);
}

class LakeListing : public ::testing::Test {
 protected:
  void Put(const std::string& key) { store_.Put(key, {1}); }

  store::MemoryStore store_;
};

TEST_F(LakeListing, AccountsAreThoseWithOpenShiftData) {
  Put("data/parquet/daily/org1/OCP/pod_usage/source=a/year=2025/month=10/x.parquet");
  Put("data/parquet/daily/org2/AWS/x");
  Put("data/parquet/daily/org3/OCP/storage_usage/source=a/x");
  Put("data/parquet/org4/OCP/pod_usage/source=a/x");
  Put("data/csv/org5/OCP/x");
  EXPECT_THAT(ListAccounts(store_).value(), ElementsAre("org1", "org3"));
}

TEST_F(LakeListing, SourcesOfAnyReport) {
  Put("data/parquet/daily/org1/OCP/storage_usage/source=c/year=2025/month=10/x");
  Put("data/parquet/daily/org1/OCP/pod_usage/source=b/year=2025/month=10/x");
  Put("data/parquet/org1/OCP/pod_usage/source=a/year=2025/month=10/x");
  Put("data/parquet/org1/OCP/pod_usage/source=b/year=2025/month=10/x");
  Put("data/parquet/daily/org1/OCP/pod_usage/other=z/x");
  Put("data/parquet/daily/org1/OCP/pod_usage/source/x");
  Put("data/parquet/daily/org1/OCP/vm_usage/source=vm/x");
  Put("data/parquet/daily/org2/OCP/pod_usage/source=d/x");
  EXPECT_THAT(ListSources(store_, "org1").value(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(ListSources(store_, "org9").value(), IsEmpty());
}

TEST_F(LakeListing, MonthsOfDailyPodRows) {
  const std::string source = "data/parquet/daily/org1/OCP/pod_usage/source=a/";
  for (const auto* month :
       {"year=2025/month=10/x", "year=2025/month=02/x", "year=2024/month=12/x",
        "year=2025/month=13/x", "year=2025/m=1/x", "y=2025/month=01/x", "year=2025/x"}) {
    Put(source + month);
  }
  EXPECT_THAT(ListMonths(store_, "org1", "a").value(),
              ElementsAre(Month{2024, 12}, Month{2025, 2}, Month{2025, 10}));
  EXPECT_THAT(ListMonths(store_, "org1", "b").value(), IsEmpty());
}

}  // namespace
}  // namespace matome::catalog
