// SPDX-License-Identifier: Apache-2.0
#include "sink/ledger.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include "sink/bucket_for_test.h"
#include "sink/directory_for_test.h"
#include "sink/tree_target.h"

namespace matome::sink {
namespace {

using model::Day;
using model::LedgerDay;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kPath = "_matome/ledger/source=u-1/2025-10.json";

class LedgerTest : public DirectoryTest {
 protected:
  void SetUp() override {
    DirectoryTest::SetUp();
    store_ = OpenStore({.directory = root()}, "run").value();
  }

  Ledger Load() { return LoadFrom(*store_); }
  Ledger LoadFrom(store::WritableStore& store) {
    Ledger ledger(store, "u-1", {2025, 10});
    const auto status = ledger.Load(warnings_);
    EXPECT_TRUE(status.ok()) << status.message();
    return ledger;
  }

  static LedgerDay SomeDay() {
    LedgerDay day;
    day.fingerprint = {
        .program = "0.1.0", .options = "o", .reference = "r", .node_roles = "n", .input = "i"};
    day.stamp = "123-4.5";
    day.incomplete = true;
    day.pod_rows_in = 17;
    day.result.rows_out = {1, 2, 3};
    day.result.rows_in = 99;
    day.result.objects = 5;
    day.result.groups = 6;
    day.result.cpu_core_hours = {
        .usage = 0.1, .request = 1e300, .capacity = 28900.0 / 3600, .unallocated = -7};
    day.result.memory_gigabyte_hours = {.usage = 1};
    day.run_id = "run-1";
    return day;
  }

  const Day day_ = *Day::Parse("2025-10-03");
  std::unique_ptr<store::WritableStore> store_;
  std::vector<std::string> warnings_;
};

TEST_F(LedgerTest, IsEmptyWhereThereIsNone) {
  const Ledger ledger = Load();
  EXPECT_EQ(ledger.Find(day_), nullptr);
  EXPECT_FALSE(ledger.roles().has_value());
  EXPECT_THAT(warnings_, IsEmpty());
  EXPECT_FALSE(Exists("_matome"));
}

TEST_F(LedgerTest, KeepsWhatItIsTold) {
  {
    Ledger ledger = Load();
    ledger.Put(day_, SomeDay());
    LedgerDay bare;
    ledger.Put(day_ + 1, bare);
    ledger.Put(day_ + 2, bare);
    ledger.Erase(day_ + 2);
    ledger.set_roles({.input = "hash",
                      .nodes = {{"n1", "i-1", "worker"}, {"n\"2", std::nullopt, ""}},
                      .day_hashes = {{day_, "abc"}}});
    ASSERT_TRUE(ledger.Save().ok());
  }
  const Ledger ledger = Load();
  EXPECT_THAT(warnings_, IsEmpty());
  const LedgerDay* day = ledger.Find(day_);
  ASSERT_NE(day, nullptr);
  const LedgerDay expected = SomeDay();
  EXPECT_EQ(day->fingerprint, expected.fingerprint);
  EXPECT_EQ(day->stamp, "123-4.5");
  EXPECT_TRUE(day->incomplete);
  EXPECT_EQ(day->pod_rows_in, 17);
  EXPECT_THAT(day->result.rows_out, ElementsAre(1, 2, 3));
  EXPECT_EQ(day->result.rows_in, 99);
  EXPECT_EQ(day->result.objects, 5);
  EXPECT_EQ(day->result.groups, 6);
  EXPECT_EQ(day->result.cpu_core_hours.usage, 0.1);
  EXPECT_EQ(day->result.cpu_core_hours.request, 1e300);
  EXPECT_EQ(day->result.cpu_core_hours.capacity, 28900.0 / 3600);
  EXPECT_EQ(day->result.cpu_core_hours.unallocated, -7);
  EXPECT_EQ(day->result.memory_gigabyte_hours.usage, 1);
  EXPECT_EQ(day->run_id, "run-1");
  ASSERT_NE(ledger.Find(day_ + 1), nullptr);
  EXPECT_EQ(ledger.Find(day_ + 1)->stamp, std::nullopt);
  EXPECT_EQ(ledger.Find(day_ + 2), nullptr);

  ASSERT_TRUE(ledger.roles().has_value());
  EXPECT_EQ(ledger.roles()->input, "hash");
  ASSERT_EQ(ledger.roles()->nodes.size(), 2U);
  EXPECT_EQ(ledger.roles()->nodes[0].node_role, "worker");
  EXPECT_EQ(ledger.roles()->nodes[1].node, "n\"2");
  EXPECT_EQ(ledger.roles()->nodes[1].resource_id, std::nullopt);
  EXPECT_EQ(ledger.roles()->nodes[1].node_role, "");
  EXPECT_EQ(ledger.roles()->day_hashes.at(day_), "abc");
}

TEST_F(LedgerTest, TotalsMayBeNan) {
  LedgerDay day = SomeDay();
  day.result.cpu_core_hours.usage = std::numeric_limits<double>::quiet_NaN();
  Ledger ledger = Load();
  ledger.Put(day_, day);
  ASSERT_TRUE(ledger.Save().ok());
  const Ledger again = Load();
  EXPECT_THAT(warnings_, IsEmpty());
  ASSERT_NE(again.Find(day_), nullptr);
  EXPECT_TRUE(std::isnan(again.Find(day_)->result.cpu_core_hours.usage));
  EXPECT_EQ(again.Find(day_)->result.cpu_core_hours.unallocated, -7);
}

TEST_F(LedgerTest, WhatCannotBeUnderstoodIsNotBelieved) {
  Ledger good = Load();
  good.Put(day_, SomeDay());
  good.set_roles({.input = "hash", .nodes = {}, .day_hashes = {}});
  ASSERT_TRUE(good.Save().ok());
  const std::string text = Content(kPath);
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string changed = text;
    const auto at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return changed.replace(at, from.size(), to);
  };
  for (const std::string& damaged :
       {std::string(), std::string("null"), std::string("[]"), std::string("{}"),
        text.substr(0, text.size() / 2), with("\"version\": 1", "\"version\": 2"),
        with("\"version\": 1", "\"version\": \"1\""), with("2025-10-03", "2025-10-32"),
        with("\"stamp\"", "\"stump\""), with("\"pod_rows_in\": 17", "\"pod_rows_in\": \"x\"")}) {
    warnings_.clear();
    Write(kPath, damaged);
    const Ledger ledger = Load();
    EXPECT_EQ(ledger.Find(day_), nullptr) << damaged;
    EXPECT_FALSE(ledger.roles().has_value());
    ASSERT_EQ(warnings_.size(), 1U) << damaged;
    EXPECT_THAT(warnings_[0], HasSubstr("2025-10.json cannot be used"));
  }
}

TEST_F(LedgerTest, SavingReplacesTheFile) {
  Ledger ledger = Load();
  ledger.Put(day_, SomeDay());
  ASSERT_TRUE(ledger.Save().ok());
  const std::string first = Content(kPath);
  ASSERT_TRUE(ledger.Save().ok());
  EXPECT_EQ(Content(kPath), first);
  ledger.Erase(day_);
  ASSERT_TRUE(ledger.Save().ok());
  EXPECT_NE(Content(kPath), first);
  EXPECT_EQ(store_->List("").value().size(), 1U);
  EXPECT_FALSE(Exists("_matome/ledger/source=u-1/.2025-10.run.tmp"));
}

TEST_F(LedgerTest, SavingWhereNothingCanBeIsAnError) {
  Ledger ledger = Load();
  Write("_matome", "a file");
  EXPECT_EQ(ledger.Save().code(), base::Code::kFailed);
}

TEST_F(LedgerTest, OfTwoWhoSaveOnlyTheFirstSucceeds) {
  BucketForTest bucket;
  Ledger first = LoadFrom(bucket);
  Ledger second = LoadFrom(bucket);
  first.Put(day_, SomeDay());
  ASSERT_TRUE(first.Save().ok());
  EXPECT_EQ(second.Save().code(), base::Code::kLocked);
  first.Erase(day_);
  EXPECT_TRUE(first.Save().ok());
  EXPECT_EQ(second.Save().code(), base::Code::kLocked);
  ASSERT_TRUE(second.Load(warnings_).ok());
  EXPECT_TRUE(second.Save().ok());
  EXPECT_EQ(first.Save().code(), base::Code::kLocked);
}

TEST_F(LedgerTest, ADamagedOneIsReplaced) {
  BucketForTest bucket;
  ASSERT_TRUE(bucket.Put(kPath, [](const store::ByteSink&) { return base::Status(); }, {}).ok());
  Ledger ledger = LoadFrom(bucket);
  EXPECT_EQ(warnings_.size(), 1U);
  EXPECT_TRUE(ledger.Save().ok());
}

}  // namespace
}  // namespace matome::sink
