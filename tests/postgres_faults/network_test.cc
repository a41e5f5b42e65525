// SPDX-License-Identifier: Apache-2.0
// Connections that are cut, stalled, delayed and refused between the program and the server.
#include <random>

#include "postgres_faults/fault_test.h"

namespace matome::postgres_faults {
namespace {

using std::chrono::milliseconds;
using testing::TcpProxy;

class NetworkTest : public FaultTest {
 protected:
  void ExpectSuccess(const Ended& ended) const {
    EXPECT_EQ(ended.exit_code, 0) << ended.output;
    EXPECT_EQ(CountNewDays(), 4);
    ExpectNextRunIsRight();
  }
};

/// By seed.
class CutNetworkTest : public NetworkTest, public ::testing::WithParamInterface<uint32_t> {};

TEST_P(CutNetworkTest, ARunGoesOnOnNewConnections) {
  std::mt19937 random(GetParam());
  const Flow flow = GetParam() % 2 == 0 ? Flow::kToServer : Flow::kToClient;
  const int64_t bytes = std::uniform_int_distribution<int64_t>(0, world_.run_bytes(flow))(random);
  proxy_.CutAfter(flow, bytes);
  ExpectSuccess(RunToEnd(SummarizeNew()));
}

INSTANTIATE_TEST_SUITE_P(Seeds, CutNetworkTest, Seeds(20));

/// By a word of a statement that a run sends before it reads the lake.
class PreparingNetworkTest : public NetworkTest,
                             public ::testing::WithParamInterface<const char*> {};

TEST_P(PreparingNetworkTest, ACutBeforeTheFirstDayIsSurvived) {
  bool hit = false;
  proxy_.Watch([&hit](const TcpProxy::Chunk& chunk) {
    const bool now = !hit && chunk.flow == Flow::kToServer &&
                     chunk.bytes.find(GetParam()) != std::string_view::npos;
    hit = hit || now;
    return now ? Verdict::kCut : Verdict::kForward;
  });
  const Ended ended = RunToEnd(SummarizeNew());
  proxy_.Watch(nullptr);
  EXPECT_TRUE(hit);
  ExpectSuccess(ended);
}

INSTANTIATE_TEST_SUITE_P(Words, PreparingNetworkTest,
                         ::testing::Values("search_path", "format_type", "pg_try_advisory_lock",
                                           "matome.version", "matome.run_number",
                                           "reporting_enabledtagkeys", "FROM matome.day"));

class MomentNetworkTest : public NetworkTest, public ::testing::WithParamInterface<Moment> {};

TEST_P(MomentNetworkTest, ACutConnectionIsReplaced) {
  std::atomic<bool> hit = false;
  proxy_.Watch(AtMoment(GetParam(), 2, [&hit] {
    hit = true;
    return Verdict::kCut;
  }));
  const Ended ended = RunToEnd(SummarizeNew());
  EXPECT_TRUE(hit);
  ExpectSuccess(ended);
  // Each day was committed once: by one transaction, together with its row in the ledger.
  EXPECT_EQ(Query("SELECT count(*) FROM matome.day AS d WHERE NOT EXISTS (SELECT FROM"
                  " org1234567.reporting_ocpusagelineitem_daily_summary AS s WHERE s.usage_start ="
                  " d.day AND s.xmin = d.xmin)"),
            "0\n");
}

TEST_P(MomentNetworkTest, AStalledConnectionGoesOn) {
  std::atomic<bool> holds = false;
  proxy_.Watch(AtMoment(GetParam(), 1, [&holds] {
    holds = true;
    return Verdict::kHold;
  }));
  ProgramRun run(SummarizeNew());
  while (!holds && run.running()) {
  }
  EXPECT_TRUE(holds);
  // What the stalled day was to be is not seen, whatever the others do.
  EXPECT_LT(CountNewDays(), GetParam() == Moment::kCommitUnanswered ? 5 : 4);
  EXPECT_TRUE(run.running());
  proxy_.Resume();
  ExpectSuccess(run.Wait());
}

TEST_P(MomentNetworkTest, AConnectionThatStallsForeverIsGivenUp) {
  proxy_.Watch(AtMoment(GetParam(), 1, [] { return Verdict::kHold; }));
  // Ten minutes without any progress are the limit.
  const Ended ended = RunToEnd(SummarizeNew(Url("connect_timeout=1000")), ClockSpeed(300));
  EXPECT_TRUE(ended.exit_code == 3 || ended.exit_code == 12) << ended.output;
  // On a machine that stands still for a minute the system's own limit comes first.
  EXPECT_TRUE(ended.output.find("did nothing for 600 s") != std::string::npos ||
              ended.output.find("timed out") != std::string::npos)
      << ended.output;
  // The server is no better informed than the program: its session waits until the line is cut.
  proxy_.Cut();
  ExpectNextRunIsRight();
}

INSTANTIATE_TEST_SUITE_P(Moments, MomentNetworkTest, ::testing::ValuesIn(kMoments));

TEST_F(NetworkTest, ASlowLineTakesLonger) {
  proxy_.Delay(milliseconds(10));
  ExpectSuccess(RunToEnd(SummarizeNew()));
}

TEST_F(NetworkTest, AServerThatIsBackSoonIsWaitedFor) {
  proxy_.Refuse(true);
  ProgramRun run(SummarizeNew());
  EXPECT_TRUE(run.running());
  proxy_.Refuse(false);
  ExpectSuccess(run.Wait());
}

TEST_F(NetworkTest, AServerThatStaysAwayIsUnavailable) {
  proxy_.Refuse(true);
  const Ended ended = RunToEnd(SummarizeNew(), ClockSpeed(200));
  EXPECT_EQ(ended.exit_code, 12) << ended.output;
  EXPECT_EQ(CountNewDays(), 0);
  ExpectNextRunIsRight();
}

TEST_F(NetworkTest, ALineThatIsCutAgainAndAgainLetsDaysThrough) {
  // Many a chunk of rows is lost with its connection.
  int chunks = 0;
  proxy_.Watch([&chunks](const TcpProxy::Chunk& chunk) {
    const bool rows = chunk.flow == Flow::kToServer && chunk.bytes.size() > 10'000;
    return rows && ++chunks % 20 == 0 ? Verdict::kCut : Verdict::kForward;
  });
  ExpectSuccess(RunToEnd(SummarizeNew()));
  proxy_.Watch(nullptr);
}

}  // namespace
}  // namespace matome::postgres_faults
