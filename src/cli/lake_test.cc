// SPDX-License-Identifier: Apache-2.0
#include "cli/lake.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/memory_store.h"

namespace matome::cli {
namespace {

using ::testing::ElementsAre;

constexpr auto kOne = "11111111-0000-4000-8000-000000000001";
constexpr auto kTwo = "22222222-0000-4000-8000-000000000002";

class FindWorkTest : public ::testing::Test {
 protected:
  void Add(const std::string& account, const std::string& source, const std::string& month) {
    lake_.Put(
        fmt::format("data/parquet/daily/{}/OCP/pod_usage/source={}/year={}/month={}/x.parquet",
                    account, source, month.substr(0, 4), month.substr(5)),
        {1});
  }

  Work Find(const WorkRequest& request) {
    auto result = FindWork(lake_, "./lake", request);
    EXPECT_TRUE(result.ok()) << result.status().message();
    return result.ok() ? *std::move(result) : Work();
  }

  std::string ErrorOf(const WorkRequest& request) {
    const auto result = FindWork(lake_, "./lake", request);
    if (result.ok()) return "no error";
    EXPECT_EQ(result.status().code(), base::Code::kUsage);
    return result.status().message();
  }

  store::MemoryStore lake_;
};

TEST_F(FindWorkTest, TakesTheOnlyOneOfEach) {
  Add("org1", kOne, "2025-10");
  const Work work = Find({});
  EXPECT_EQ(work.account, "org1");
  EXPECT_THAT(work.source_uuids, ElementsAre(kOne));
  EXPECT_EQ(work.days.first.ToString(), "2025-10-01");
  EXPECT_EQ(work.days.last.ToString(), "2025-10-31");
}

TEST_F(FindWorkTest, AnEmptyLakeIsAnError) {
  EXPECT_EQ(ErrorOf({}),
            "./lake holds no OpenShift reports; they are looked for in "
            "memory:data/parquet/daily/SCHEMA/OCP/pod_usage/source=UUID/");
}

TEST_F(FindWorkTest, ListsWhatThereIsWhenThereAreSeveral) {
  Add("org1", kOne, "2025-10");
  Add("org1", kOne, "2025-11");
  EXPECT_EQ(ErrorOf({}),
            "./lake holds 2 months; choose one with --month, or days with --start and --end:\n  "
            "2025-10\n  2025-11");
  Add("org1", kTwo, "2025-10");
  EXPECT_EQ(ErrorOf({}),
            fmt::format("./lake holds 2 sources; choose one with --source, or take them all with "
                        "--all-sources:\n  {}\n  {}",
                        kOne, kTwo));
  Add("org2", kTwo, "2025-10");
  EXPECT_EQ(ErrorOf({}), "./lake holds 2 schemas; choose one with --schema:\n  org1\n  org2");
}

TEST_F(FindWorkTest, WhatIsGivenNarrowsTheRest) {
  Add("org1", kOne, "2025-10");
  Add("org1", kTwo, "2025-11");
  Add("org2", kTwo, "2025-12");
  EXPECT_EQ(Find({.schema = {}, .source_uuid = kOne}).account, "org1");
  EXPECT_EQ(Find({.schema = "org1", .source_uuid = kTwo}).days.first.ToString(), "2025-11-01");
  EXPECT_EQ(Find({.schema = "org2"}).days.first.ToString(), "2025-12-01");
  EXPECT_EQ(ErrorOf({.schema = {}, .source_uuid = kTwo}),
            "./lake holds 2 schemas; choose one with --schema:\n  org1\n  org2");
}

TEST_F(FindWorkTest, AllSourcesAreThoseOfTheAccount) {
  Add("org1", kTwo, "2025-10");
  Add("org1", kOne, "2025-10");
  Add("org1", "not-a-uuid", "2025-10");
  EXPECT_THAT(Find({.all_sources = true}).source_uuids, ElementsAre(kOne, kTwo));
}

TEST_F(FindWorkTest, WhatIsNotThereIsAnErrorThatListsWhatIs) {
  Add("org1", kOne, "2025-10");
  EXPECT_EQ(ErrorOf({.schema = "org9"}), "./lake holds no schema org9, only:\n  org1");
  EXPECT_EQ(ErrorOf({.schema = {}, .source_uuid = kTwo}),
            fmt::format("./lake holds no source {}, only:\n  {}", kTwo, kOne));
}

TEST_F(FindWorkTest, DaysWithoutDataAreForTheRunToTell) {
  Add("org1", kOne, "2025-10");
  const model::DayRange days = {*model::Day::Parse("2030-01-01"), *model::Day::Parse("2030-01-02")};
  EXPECT_EQ(Find({.days = days}).days, days);
}

TEST(AccountOf, CutsOffAcct) {
  EXPECT_EQ(AccountOf("acct10001"), "10001");
  EXPECT_EQ(AccountOf("org1234567"), "org1234567");
  EXPECT_EQ(AccountOf("acct"), "acct");
}

}  // namespace
}  // namespace matome::cli
