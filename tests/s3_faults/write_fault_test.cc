// SPDX-License-Identifier: Apache-2.0
// The program writes to a store: through faults, kills, and beside other runs.
#include <atomic>
#include <list>
#include <random>
#include <set>

#include <fmt/format.h>

#include "s3/client.h"
#include "s3_faults/fault_world.h"

namespace matome::s3_faults {
namespace {

using support::Ended;
using support::ProgramRun;
using testing::HttpFault;
using testing::HttpMessage;
using testing::S3Error;

constexpr int kExitLocked = 11;

bool IsDay(const HttpMessage& request) {
  return request.method == "PUT" && request.path().ends_with(".parquet");
}

/// An output in the bucket, where the old lake was summarised. The new one is read from a
/// directory.
class WriteTest : public ::testing::Test {
 protected:
  WriteTest() {
    const auto ended = Summarize(world_.old_lake(), world_.server().Url());
    EXPECT_EQ(ended.exit_code, 0) << ended.output;
    EXPECT_EQ(Difference(Days(), world_.old_tree()), "");
  }

  std::vector<std::string> Words(const std::string& lake) const {
    auto words = SummarizeWords(lake, fmt::format("s3://{}/{}", world_.bucket(), prefix_));
    words.insert(words.begin(), MATOME_PROGRAM);
    return words;
  }
  Ended Summarize(const std::string& lake, const std::string& url) const {
    return ProgramRun(Words(lake), Environment(url)).Wait();
  }
  Ended RunNew() const { return Summarize(world_.new_lake(), proxy_.Url()); }
  Tree Days() const { return TreeInBucket(prefix_); }

  int CountNewDays() const {
    int count = 0;
    const Tree days = Days();
    EXPECT_EQ(days.size(), kDays);
    for (const auto& [day, bytes] : days) {
      const bool is_new = bytes == world_.new_tree().at(day);
      EXPECT_TRUE(is_new || bytes == world_.old_tree().at(day)) << day << " is neither old nor new";
      count += is_new ? 1 : 0;
    }
    return count;
  }

  void ExpectNoUploads() const {
    const auto answer = world_.store().client().Send(
        {.kind = s3::S3Request::Kind::kList, .query = {{"uploads", ""}}});
    ASSERT_TRUE(answer.ok()) << answer.status().message();
    EXPECT_EQ(answer->body.find("<Upload>"), std::string::npos) << answer->body;
  }

  std::string LockKey() const {
    return fmt::format("{}/_matome/ledger/source={}/{}.lock", prefix_, kSource, kMonth);
  }

  /// A lock that a killed run left is its owner's for two minutes. Instead of waiting so long.
  void RemoveLock() const {
    const auto removed = world_.store().Remove(LockKey());
    EXPECT_TRUE(removed.ok()) << removed.message();
  }

  void ExpectNextRunIsRight() {
    proxy_.Decide(nullptr);
    const auto ended = RunNew();
    EXPECT_EQ(ended.exit_code, 0) << ended.output;
    EXPECT_EQ(Difference(Days(), world_.new_tree()), "");
    ExpectNoUploads();
    // Nothing but days, the ledger, and no lock.
    const auto objects = world_.store().List(prefix_ + "/");
    ASSERT_TRUE(objects.ok());
    EXPECT_EQ(objects->size(), kDays + 1);
  }

  World& world_ = World::Get();
  std::string prefix_ = world_.NewPrefix();
  testing::HttpFaultProxy proxy_{world_.server().port()};
};

class PassingWriteTest : public WriteTest, public ::testing::WithParamInterface<PassingFault> {};

TEST_P(PassingWriteTest, EachRequestsFirstTryIsSurvived) {
  std::set<std::string> seen;
  proxy_.Decide([&seen](const HttpMessage& request, int) {
    const bool first = seen.insert(request.method + request.target).second;
    return first ? MakeFault(GetParam(), 0) : HttpFault();
  });
  ExpectNextRunIsRight();
}

INSTANTIATE_TEST_SUITE_P(Faults, PassingWriteTest,
                         ::testing::Values(PassingFault::kSlow, PassingFault::kInternalError,
                                           PassingFault::kSlowDown, PassingFault::kReset,
                                           PassingFault::kLostAnswer),
                         [](const auto& test) { return std::string(NameOf(test.param)); });

TEST_F(WriteTest, AnUploadThatBreaksOffIsRepeated) {
  std::set<std::string> seen;
  proxy_.Decide([&seen](const HttpMessage& request, int) {
    if (!IsDay(request) || !seen.insert(request.target).second) return HttpFault();
    return HttpFault{.upload_cut = request.body.size() / 2};
  });
  const auto ended = RunNew();
  EXPECT_EQ(ended.exit_code, 0) << ended.output;
  EXPECT_EQ(seen.size(), kDays);
  EXPECT_EQ(Difference(Days(), world_.new_tree()), "");
  ExpectNextRunIsRight();
}

TEST_F(WriteTest, WhatMayNotBeWrittenStaysAsItWas) {
  proxy_.Decide([](const HttpMessage& request, int) {
    return IsDay(request) ? HttpFault{.answer = S3Error(403, "AccessDenied")} : HttpFault();
  });
  const auto ended = RunNew();
  EXPECT_EQ(ended.exit_code, 10) << ended.output;
  EXPECT_NE(ended.output.find("AccessDenied"), std::string::npos) << ended.output;
  EXPECT_EQ(CountNewDays(), 0);
  ExpectNextRunIsRight();
}

TEST_F(WriteTest, OfTwoRunsAtOnceOneGivesWay) {
  // The first one waits at its first day until the second has ended.
  std::atomic<bool> writes = false;
  std::atomic<bool> may_go_on = false;
  proxy_.Decide([&](const HttpMessage& request, int) {
    if (!IsDay(request)) return HttpFault();
    return HttpFault{.before = [&] {
      writes = true;
      while (!may_go_on) {
      }
    }};
  });
  ProgramRun first(Words(world_.new_lake()), Environment(proxy_.Url()));
  while (!writes && first.running()) {
  }
  const auto second = Summarize(world_.new_lake(), world_.server().Url());
  EXPECT_EQ(second.exit_code, kExitLocked) << second.output;
  EXPECT_EQ(CountNewDays(), 0);
  may_go_on = true;
  const auto ended = first.Wait();
  EXPECT_EQ(ended.exit_code, 0) << ended.output;
  ExpectNextRunIsRight();
}

TEST_F(WriteTest, ManyRunsAtOnceMakeEachDayOnce) {
  std::list<ProgramRun> runs;
  for (int count = 0; count < 6; ++count)
    runs.emplace_back(Words(world_.new_lake()), Environment(proxy_.Url()));
  int done = 0;
  for (auto& run : runs) {
    const auto ended = run.Wait();
    EXPECT_TRUE(ended.exit_code == 0 || ended.exit_code == kExitLocked)
        << ended.exit_code << ": " << ended.output;
    done += ended.exit_code == 0 ? 1 : 0;
  }
  EXPECT_GE(done, 1);
  EXPECT_EQ(CountNewDays(), kDays);
  ExpectNextRunIsRight();
}

/// By seed.
class KillWriteTest : public WriteTest, public ::testing::WithParamInterface<uint32_t> {};

TEST_P(KillWriteTest, LeavesDaysOldOrNew) {
  std::mt19937 random(GetParam());
  const int victim = std::uniform_int_distribution<int>(0, 20)(random);
  const bool before = random() % 2 == 0;
  std::atomic<const ProgramRun*> run = nullptr;
  const auto kill = [&run] {
    while (run == nullptr) {
    }
    run.load()->Kill();
  };
  proxy_.Decide([&](const HttpMessage&, int number) {
    if (number != victim) return HttpFault();
    // Killed before the server hears of it, or when it has done what it was asked for.
    if (before) {
      kill();
      return HttpFault{.drop = true};
    }
    return HttpFault{.before = kill};
  });
  Ended ended;
  {
    ProgramRun process(Words(world_.new_lake()), Environment(proxy_.Url()));
    run = &process;
    ended = process.Wait();
  }
  proxy_.Decide(nullptr);
  EXPECT_TRUE(ended.signal == SIGKILL || ended.exit_code == 0) << ended.output;
  CountNewDays();
  ExpectNoUploads();
  const auto locked = RunNew();
  EXPECT_TRUE(locked.exit_code == kExitLocked || locked.exit_code == 0) << locked.output;
  if (locked.exit_code == kExitLocked) RemoveLock();
  ExpectNextRunIsRight();
}

INSTANTIATE_TEST_SUITE_P(Seeds, KillWriteTest, Seeds(25));

}  // namespace
}  // namespace matome::s3_faults
