// SPDX-License-Identifier: Apache-2.0
#include "pipeline/memory_budget.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace matome::pipeline {
namespace {

using Use = MemoryBudget::Use;

TEST(MemoryBudget, WithoutALimitEverythingFits) {
  MemoryBudget budget(0, 2);
  EXPECT_FALSE(budget.limited());
  budget.Enter(0, int64_t{1} << 60);
  budget.Enter(1, int64_t{1} << 60);
  EXPECT_EQ(budget.Update(0, int64_t{1} << 61, int64_t{1} << 61), Use::kFits);
  budget.Leave(0);
  budget.Leave(1);
}

TEST(MemoryBudget, TellsWhatFits) {
  MemoryBudget budget(1000, 2);
  EXPECT_TRUE(budget.limited());
  EXPECT_EQ(budget.budget_bytes(), 1000);
  budget.Enter(0, 400);
  budget.Enter(1, 600);
  EXPECT_EQ(budget.Update(0, 400, 0), Use::kFits);
  EXPECT_EQ(budget.Update(0, 401, 0), Use::kCrowded);
  EXPECT_EQ(budget.Update(0, 300, 100), Use::kFits);
  EXPECT_EQ(budget.Update(0, 300, 101), Use::kCrowded);
  budget.Leave(1);
  EXPECT_EQ(budget.Update(0, 1000, 0), Use::kFits);
  EXPECT_EQ(budget.Update(0, 1001, 0), Use::kTooLarge);
  EXPECT_EQ(budget.Update(0, 1000, 1), Use::kTooLarge);
  budget.Leave(0);
}

TEST(MemoryBudget, TheFirstMayEnterWhateverItsEstimate) {
  MemoryBudget budget(1000, 2);
  budget.Enter(0, 5000);
  budget.Leave(0);
  budget.Enter(1, 5000);
  budget.Leave(1);
}

// An Enter() that did not wait would mostly, if not always, be seen here.
TEST(MemoryBudget, EnterWaitsUntilTheEstimateFits) {
  MemoryBudget budget(1000, 2);
  std::atomic<bool> first_left = false;
  budget.Enter(0, 700);
  std::jthread second([&] {
    budget.Enter(1, 301);
    EXPECT_TRUE(first_left);
    budget.Leave(1);
  });
  first_left = true;
  budget.Leave(0);
}

TEST(MemoryBudget, EnterWaitsNoMoreOnceTheOthersUseLess) {
  MemoryBudget budget(1000, 2);
  budget.Enter(0, 900);
  EXPECT_EQ(budget.Update(0, 500, 0), Use::kFits);
  budget.Enter(1, 500);
  budget.Leave(1);
  budget.Leave(0);
}

TEST(MemoryBudget, AloneMeansAlone) {
  MemoryBudget budget(1000, 3);
  std::atomic<bool> others_left = false;
  budget.Enter(0, 100);
  budget.Enter(1, 100);
  std::jthread alone([&] {
    budget.EnterAlone(2);
    EXPECT_TRUE(others_left);
    EXPECT_EQ(budget.Update(2, 1001, 0), Use::kTooLarge);
    budget.Leave(2);
  });
  budget.Leave(1);
  others_left = true;
  budget.Leave(0);
}

// Many workers that enter, grow, leave when crowded and come back alone: never more than one beside
// an alone one.
TEST(MemoryBudget, NobodyIsBesideOneThatIsAlone) {
  constexpr int kWorkers = 4;
  MemoryBudget budget(1000, kWorkers);
  std::atomic<int> inside = 0;
  std::atomic<int> alone_inside = 0;
  std::vector<std::jthread> threads;
  for (int worker = 0; worker < kWorkers; ++worker) {
    threads.emplace_back([&, worker] {
      for (int round = 0; round < 300; ++round) {
        budget.Enter(worker, 200);
        ++inside;
        EXPECT_EQ(alone_inside, 0);
        const auto use = budget.Update(worker, 200 + round % 7 * 60, 0);
        --inside;
        budget.Leave(worker);
        if (use == Use::kFits) continue;
        budget.EnterAlone(worker);
        ++alone_inside;
        EXPECT_EQ(inside, 0);
        EXPECT_EQ(alone_inside, 1);
        EXPECT_EQ(budget.Update(worker, 900, 0), Use::kFits);
        --alone_inside;
        budget.Leave(worker);
      }
    });
  }
}

}  // namespace
}  // namespace matome::pipeline
