// SPDX-License-Identifier: Apache-2.0
// kill -9 of the program. Each day is then old or new, and the next run makes all of them new.
#include <csignal>
#include <random>

#include "postgres_faults/fault_test.h"

namespace matome::postgres_faults {
namespace {

using testing::TcpProxy;

class KillTest : public FaultTest {
 protected:
  using FaultTest::FaultTest;

  /// Runs over the proxy with the watcher that `watch` makes of a function that kills the run.
  Ended RunWatched(const std::function<TcpProxy::Watcher(std::function<void()>)>& watch) {
    std::atomic<const ProgramRun*> run = nullptr;
    proxy_.Watch(watch([&run] {
      // It has sent something, so it is about to be known here.
      while (run == nullptr) {
      }
      run.load()->Kill();
    }));
    ProgramRun process(SummarizeNew());
    run = &process;
    Ended ended = process.Wait();
    proxy_.Watch(nullptr);
    return ended;
  }
};

/// Of what day, counted from 1 in the order of their coming there.
struct Point {
  Moment moment;
  int day;
};

void PrintTo(const Point& point, std::ostream* out) {
  *out << NameOf(point.moment) << ", day " << point.day;
}

class MomentClientKillTest : public KillTest, public ::testing::WithParamInterface<Point> {};

TEST_P(MomentClientKillTest, LeavesDaysOldOrNew) {
  const auto [moment, day] = GetParam();
  const Ended ended = RunWatched([&](const std::function<void()>& kill) {
    return AtMoment(moment, day, [kill] {
      kill();
      // COMMIT itself is kept from the server; the rest may well arrive.
      return Verdict::kCut;
    });
  });
  ASSERT_EQ(ended.signal, SIGKILL) << ended.output;
  ExpectNoLocks();
  const int new_days = CountNewDays();
  // Two days are written at a time, so one was done when a third came to its moment.
  EXPECT_GE(new_days, (day == 3 ? 1 : 0) + (moment == Moment::kCommitUnanswered ? 1 : 0));
  // The day that was not to be committed is old. One whose COMMIT went through is new, and so may
  // be the one that the other writer was at.
  EXPECT_LE(new_days, moment == Moment::kCommitUnanswered ? day + 1 : 3);
  ExpectNextRunIsRight();
}

INSTANTIATE_TEST_SUITE_P(
    Points, MomentClientKillTest,
    ::testing::Values(Point{Moment::kDeleteAnswered, 1}, Point{Moment::kCopyBegins, 1},
                      Point{Moment::kCommitSent, 1}, Point{Moment::kCommitUnanswered, 1},
                      Point{Moment::kDeleteAnswered, 3}, Point{Moment::kCopyBegins, 3},
                      Point{Moment::kCommitSent, 3}, Point{Moment::kCommitUnanswered, 3}));

/// By seed. Odd ones begin with nothing, not even a ledger.
class RandomClientKillTest : public KillTest, public ::testing::WithParamInterface<uint32_t> {
 protected:
  RandomClientKillTest()
      : KillTest(blank() ? World::Get().CopyBlank() : World::Get().CopyOld(),
                 blank() ? World::Get().blank() : World::Get().old_version()) {}

 private:
  static bool blank() { return GetParam() % 2 == 1; }
};

TEST_P(RandomClientKillTest, LeavesDaysOldOrNew) {
  std::mt19937 random(GetParam());
  const Flow flow = random() % 2 == 0 ? Flow::kToServer : Flow::kToClient;
  int64_t left = std::uniform_int_distribution<int64_t>(1, world_.run_bytes(flow))(random);
  const Ended ended = RunWatched([&](const std::function<void()>& kill) {
    return [&left, flow, kill](const TcpProxy::Chunk& chunk) {
      if (chunk.flow == flow && left > 0 && (left -= std::ssize(chunk.bytes)) <= 0) kill();
      return Verdict::kForward;
    };
  });
  // Runs differ by some bytes, so a late kill may come too late.
  EXPECT_TRUE(ended.signal == SIGKILL || ended.exit_code == 0) << ended.output;
  ExpectNoLocks();
  ExpectNextRunIsRight();
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomClientKillTest, Seeds(12));

}  // namespace
}  // namespace matome::postgres_faults
