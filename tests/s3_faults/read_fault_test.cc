// SPDX-License-Identifier: Apache-2.0
// The program reads from a store that is slow, breaks off, is overloaded, or says no.
#include <atomic>
#include <set>

#include <fmt/format.h>

#include "s3_faults/fault_world.h"

namespace matome::s3_faults {
namespace {

using testing::HttpFault;
using testing::HttpMessage;
using testing::S3Error;

constexpr int kExitStore = 10;
constexpr int kExitTemporary = 75;

bool IsData(const HttpMessage& request) {
  return request.method == "GET" && request.query().empty();
}

class ReadTest : public FaultTest {};

class PassingReadTest : public FaultTest, public ::testing::WithParamInterface<PassingFault> {};

TEST_P(PassingReadTest, EachRequestsFirstTryIsSurvived) {
  if (GetParam() == PassingFault::kStall) {
    // A stall is seen after many seconds; schedule_test.cc has it with a shorter limit.
    proxy_.Decide([](const HttpMessage&, int) { return HttpFault{.drip_bytes = 997}; });
  } else {
    std::set<std::string> seen;
    proxy_.Decide([&seen](const HttpMessage& request, int) {
      const bool first = seen.insert(request.target + request.Header("range")).second;
      return first ? MakeFault(GetParam(), 100) : HttpFault();
    });
  }
  ExpectSuccess(RunNew());
}

INSTANTIATE_TEST_SUITE_P(Faults, PassingReadTest, ::testing::ValuesIn(kPassingFaults),
                         [](const auto& test) { return std::string(NameOf(test.param)); });

class RefusedReadTest : public FaultTest,
                        public ::testing::WithParamInterface<std::pair<int, const char*>> {};

TEST_P(RefusedReadTest, IsNotTriedAgain) {
  const auto [status, code] = GetParam();
  proxy_.Decide(
      [&](const HttpMessage&, int) { return HttpFault{.answer = S3Error(status, code)}; });
  ExpectFailure(RunNew(), kExitStore, code);
  EXPECT_EQ(proxy_.requests().size(), 1U);
  ExpectNextRunIsRight();
}

TEST_P(RefusedReadTest, MidwayLeavesDaysAsTheyWere) {
  const auto [status, code] = GetParam();
  proxy_.Decide([&](const HttpMessage& request, int) {
    return IsData(request) ? HttpFault{.answer = S3Error(status, code)} : HttpFault();
  });
  ExpectFailure(RunNew(), kExitStore, code);
  ExpectNextRunIsRight();
}

INSTANTIATE_TEST_SUITE_P(
    Errors, RefusedReadTest,
    ::testing::Values(std::pair(403, "AccessDenied"), std::pair(403, "ExpiredToken"),
                      std::pair(403, "InvalidAccessKeyId"), std::pair(403, "SignatureDoesNotMatch"),
                      std::pair(403, "RequestTimeTooSkewed"), std::pair(404, "NoSuchBucket"),
                      std::pair(400, "AuthorizationHeaderMalformed")),
    [](const auto& test) { return std::string(test.param.second); });

class LastingReadTest : public FaultTest, public ::testing::WithParamInterface<PassingFault> {};

TEST_P(LastingReadTest, EndsInTimeAndChangesNothing) {
  const std::vector<std::string> deadlines = {"--request-timeout", "1", "--store-retry-timeout",
                                              "2"};
  proxy_.Decide([](const HttpMessage&, int) { return MakeFault(GetParam(), 0); });
  const auto ended = RunNew(deadlines);
  EXPECT_TRUE(ended.exit_code == kExitStore || ended.exit_code == kExitTemporary) << ended.output;
  EXPECT_NE(ended.output.find("s3://"), std::string::npos) << ended.output;
  EXPECT_EQ(CountNewDays(), 0);
  ExpectNextRunIsRight();
}

INSTANTIATE_TEST_SUITE_P(Faults, LastingReadTest,
                         ::testing::Values(PassingFault::kSlowDown, PassingFault::kReset,
                                           PassingFault::kCut, PassingFault::kShort),
                         [](const auto& test) { return std::string(NameOf(test.param)); });

TEST_F(ReadTest, AStoreThatIsNotThereIsUnavailable) {
  auto words = WordsOfNew();
  words.insert(words.end(), {"--request-timeout", "1"});
  ExpectFailure(support::ProgramRun(words, Environment("http://127.0.0.1:1")).Wait(), kExitStore,
                "check the endpoint");
}

TEST_F(ReadTest, WrongKeysAreSaidSo) {
  auto environment = ProxyEnvironment();
  environment.back() = "S3_SECRET=wrong";
  const auto ended = support::ProgramRun(WordsOfNew(), environment).Wait();
  ExpectFailure(ended, kExitStore, "SignatureDoesNotMatch");
}

TEST_F(ReadTest, ABucketThatIsNotThereIsSaidSo) {
  auto words = WordsOfNew();
  words[2] = "s3://no-such-bucket/new";
  ExpectFailure(support::ProgramRun(words, ProxyEnvironment()).Wait(), kExitStore, "NoSuchBucket");
}

TEST_F(ReadTest, TheStoresCertificateMustBeTrusted) {
  testing::MinioServer server({.tls = true, .parent_directory = {}});
  server.MakeBucket(world_.bucket());
  testing::MustPutTree(*server.Open(world_.bucket(), "new"), world_.new_lake());
  const auto run = [&](const std::vector<std::string>& flags,
                       const std::vector<std::string>& variables = {}) {
    auto words = WordsOfNew();
    words.insert(words.end(), flags.begin(), flags.end());
    auto environment = Environment(server.Url());
    environment.insert(environment.end(), variables.begin(), variables.end());
    return support::ProgramRun(words, environment).Wait();
  };
  ExpectFailure(run({}), kExitStore, "certificate");
  const auto insecure = run({"--s3-insecure", "--dry-run"});
  EXPECT_EQ(insecure.exit_code, 0) << insecure.output;
  EXPECT_NE(insecure.output.find("INSECURE"), std::string::npos) << insecure.output;
  EXPECT_EQ(CountNewDays(), 0);
  ExpectSuccess(run({}, {fmt::format("AWS_CA_BUNDLE={}", server.CaFile())}));
}

TEST_F(ReadTest, RequestsInFlightAreBounded) {
  proxy_.Decide([](const HttpMessage&, int) { return MakeFault(PassingFault::kSlow, 0); });
  ExpectSuccess(RunNew({"--requests-in-flight", "3"}));
  EXPECT_LE(proxy_.most_in_flight(), 3);
  EXPECT_LE(proxy_.connections(), 3);
}

TEST_F(ReadTest, AnInterruptedRunEndsAtOnce) {
  std::atomic<const support::ProgramRun*> run = nullptr;
  proxy_.Decide([&run](const HttpMessage& request, int) {
    if (!IsData(request)) return HttpFault();
    return HttpFault{.before =
                         [&run] {
                           while (run == nullptr) {
                           }
                           run.load()->Signal(SIGTERM);
                         },
                     .stall_after = 10};
  });
  support::ProgramRun process(WordsOfNew(), ProxyEnvironment());
  run = &process;
  const auto ended = process.Wait();
  EXPECT_EQ(ended.exit_code, 143) << ended.output;
  EXPECT_EQ(CountNewDays(), 0);
}

}  // namespace
}  // namespace matome::s3_faults
