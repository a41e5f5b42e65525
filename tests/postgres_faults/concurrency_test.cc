// SPDX-License-Identifier: Apache-2.0
// Several runs of one month at the same time.
#include <list>

#include "postgres_faults/fault_test.h"

namespace matome::postgres_faults {
namespace {

constexpr int kExitLocked = 11;

class ConcurrencyTest : public FaultTest, public ::testing::WithParamInterface<int> {};

TEST_P(ConcurrencyTest, OneRunWorksAndOthersGiveWay) {
  auto words = SummarizeNew();
  words.back() = "0";  // Of --lock-timeout: nobody waits.
  std::list<ProgramRun> runs;
  for (int count = 0; count < GetParam(); ++count) runs.emplace_back(words);
  int done = 0;
  for (auto& run : runs) {
    const Ended ended = run.Wait();
    EXPECT_TRUE(ended.exit_code == 0 || ended.exit_code == kExitLocked)
        << ended.exit_code << ": " << ended.output;
    done += ended.exit_code == 0 ? 1 : 0;
  }
  EXPECT_GE(done, 1);
  EXPECT_EQ(CountNewDays(), 4);
  ExpectNoLocks();
  ExpectNextRunIsRight();
}

TEST_P(ConcurrencyTest, RunsThatWaitAllSucceed) {
  std::list<ProgramRun> runs;
  for (int count = 0; count < GetParam(); ++count) runs.emplace_back(SummarizeNew());
  for (auto& run : runs) {
    const Ended ended = run.Wait();
    EXPECT_EQ(ended.exit_code, 0) << ended.output;
  }
  EXPECT_EQ(CountNewDays(), 4);
  // The first wrote each day, and the others found that so.
  EXPECT_EQ(Query("SELECT count(DISTINCT run_id) FROM matome.day"), "1\n");
  ExpectNextRunIsRight();
}

INSTANTIATE_TEST_SUITE_P(Runs, ConcurrencyTest, ::testing::Values(2, 8));

/// Where nothing is yet, all runs want to make the ledger.
class BlankConcurrencyTest : public FaultTest {
 protected:
  BlankConcurrencyTest() : FaultTest(World::Get().CopyBlank(), World::Get().blank()) {}
};

TEST_F(BlankConcurrencyTest, EightFirstRunsAllSucceed) {
  std::list<ProgramRun> runs;
  for (int count = 0; count < 8; ++count) runs.emplace_back(SummarizeNew());
  for (auto& run : runs) {
    const Ended ended = run.Wait();
    EXPECT_EQ(ended.exit_code, 0) << ended.output;
  }
  ExpectNextRunIsRight();
}

}  // namespace
}  // namespace matome::postgres_faults
