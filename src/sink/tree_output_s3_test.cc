// SPDX-License-Identifier: Apache-2.0
// An output in a bucket of a real server, with bad weather in between (docs/design/s3-writing.md).
#include <algorithm>
#include <mutex>

#include <gmock/gmock.h>

#include "sink/month_lock.h"
#include "sink/tree_layout.h"
#include "sink/tree_output_for_test.h"
#include "testing/http_fault_proxy.h"
#include "testing/minio_server.h"

namespace matome::sink {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::HttpFault;
using testing::HttpMessage;
using ::testing::IsEmpty;

class TreeOutputS3Test : public TreeOutputTest {
 protected:
  void SetUp() override {
    TreeOutputTest::SetUp();
    TreeTarget target{.s3 = server_.Options(server_.MakeBucket(), "out/")};
    Use(target);  // What the tests look at does not go through the proxy.
    target.s3->endpoint = proxy_.Url();
    target.s3->retry.request_deadline = std::chrono::milliseconds(2'000);
    target.s3->warn = [this](const std::string& text) {
      const std::lock_guard lock(told_mutex_);
      told_.push_back(text);
    };
    target_ = target;
  }

  /// What was asked for since the last call, "PUT part-0.parquet"; of writes alone. Those
  /// of the ledger, which come when it is time, are counted.
  std::vector<std::string> Writes() {
    std::vector<std::string> writes;
    const auto requests = proxy_.requests();
    for (; seen_ < requests.size(); ++seen_) {
      const HttpMessage& request = requests[seen_];
      if (request.method == "GET" || request.method == "HEAD") continue;
      if (request.path().ends_with(".json")) {
        ++ledgers_;
        continue;
      }
      const std::string_view target = request.target;
      writes.push_back(request.method + " " + std::string(target.substr(target.rfind('/') + 1)));
    }
    return writes;
  }

  /// One harm for the first write of a key that ends so.
  void HarmOnce(const std::string& key_end, const HttpFault& fault) {
    proxy_.Decide([key_end, fault, done = false](const HttpMessage& request, int) mutable {
      if (done || request.method != "PUT" || !request.path().ends_with(key_end)) return HttpFault();
      done = true;
      return fault;
    });
  }

  void ExpectConsistent() {
    const auto output = Open(OpenFor::kReading).value();
    const MonthState state = Load(*output);
    ASSERT_TRUE(state.stamps.contains(day_));
    EXPECT_EQ(state.days.at(day_).stamp, state.stamps.at(day_));
    EXPECT_THAT(warnings_, IsEmpty());
    EXPECT_THAT(notes_.warnings, IsEmpty());
  }

  testing::MinioServer& server_ = testing::MinioServer::Shared();
  testing::HttpFaultProxy proxy_{server_.port()};
  size_t seen_ = 0;
  int ledgers_ = 0;
  std::mutex told_mutex_;
  std::vector<std::string> told_;
};

TEST_F(TreeOutputS3Test, ADayIsOnePut) {
  {
    const auto output = Open().value();
    Load(*output);
    // The lock, and whether the store refuses to make it once more.
    EXPECT_THAT(Writes(), ElementsAre("PUT 2025-10.lock", "PUT 2025-10.lock"));
    ASSERT_TRUE(Commit(*output).ok());
    EXPECT_THAT(Writes(), ElementsAre("PUT part-0.parquet"));
    ASSERT_TRUE(Commit(*output, {{.object = "o", .reason = "r"}}, 2).ok());
    EXPECT_THAT(Writes(), ElementsAre("PUT 2025-10-03.jsonl", "PUT part-0.parquet"));
    ASSERT_TRUE(Commit(*output, {}, 0).ok());
    EXPECT_THAT(Writes(), ElementsAre("DELETE 2025-10-03.jsonl", "DELETE part-0.parquet"));
    ASSERT_TRUE(output->Finish().ok());
    EXPECT_THAT(Writes(), IsEmpty());
    EXPECT_GE(ledgers_, 1);
  }
  EXPECT_THAT(Writes(), ElementsAre("DELETE 2025-10.lock"));
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(TreeOutputS3Test, LooksAtLittle) {
  for (int month = 1; month <= 12; ++month) {
    for (const std::string source : {"u-0", "u-1", "u-2"}) {
      for (int day = 1; day <= 20; ++day) {
        testing::MustPut(
            *store_,
            DayPrefix(source, model::Month{2024, month}.first_day() + day) + "part-0.parquet", "x");
      }
    }
  }
  const auto output = Open(OpenFor::kReading).value();
  Load(*output);
  // Two looks at the format; ledger, month, records.
  EXPECT_EQ(proxy_.requests().size(), 5U);
  target_.format = FileFormat::kCsv;
  EXPECT_EQ(Open(OpenFor::kReading).status().code(), base::Code::kUsage);
}

TEST_F(TreeOutputS3Test, ACommitWhoseAnswerIsLostIsACommit) {
  for (const std::string key : {"/part-0.parquet", "/2025-10.json"}) {
    const auto output = Open().value();
    Load(*output);
    HarmOnce(key, {.lose_answer = true});
    ASSERT_TRUE(Commit(*output).ok());
    ASSERT_TRUE(Commit(*output, {}, 2).ok());
    ASSERT_TRUE(output->Finish().ok());
    ExpectConsistent();
  }
}

TEST_F(TreeOutputS3Test, HalfADayIsNeverSeen) {
  const auto output = Open().value();
  Load(*output);
  ASSERT_TRUE(Commit(*output).ok());
  const auto before = store_->Get(kRows).value()->bytes;
  proxy_.Decide([](const HttpMessage& request, int) {
    return request.path().ends_with("part-0.parquet") ? HttpFault{.upload_cut = 1000} : HttpFault();
  });
  const auto status = Commit(*output, {}, 100);
  EXPECT_EQ(status.code(), base::Code::kStoreUnavailable) << status.message();
  EXPECT_EQ(store_->Get(kRows).value()->bytes, before);
  proxy_.Decide(nullptr);
  ASSERT_TRUE(Commit(*output, {}, 100).ok());
  ASSERT_TRUE(output->Finish().ok());
  EXPECT_NE(store_->Get(kRows).value()->bytes, before);
  ExpectConsistent();
}

TEST_F(TreeOutputS3Test, ALedgerThatCannotBeKeptIsAWarning) {
  const auto output = Open().value();
  Load(*output);
  proxy_.Decide([](const HttpMessage& request, int) {
    return request.path().ends_with(".json")
               ? HttpFault{.answer = testing::S3Error(403, "AccessDenied")}
               : HttpFault();
  });
  EXPECT_TRUE(Commit(*output).ok());
  EXPECT_THAT(output->Finish().message(), HasSubstr("written, but not remembered"));
}

TEST_F(TreeOutputS3Test, ALedgerThatCannotBeReadIsAnError) {
  const auto output = Open().value();
  proxy_.Decide([](const HttpMessage& request, int) {
    return request.path().ends_with(".json")
               ? HttpFault{.answer = testing::S3Error(403, "AccessDenied")}
               : HttpFault();
  });
  EXPECT_EQ(output->Load({day_, day_}, warnings_).status().code(), base::Code::kStoreUnavailable);
}

// The run was stopped for so long that another has come and gone.
TEST_F(TreeOutputS3Test, WhoComesBackTooLateIsFencedOff) {
  const auto late = Open().value();
  Load(*late);
  DayForTest other("2025-10-03");
  other.AddPod("other", "n1", 7);
  auto tree = DayTree::Open(*store_, "u-1", FileFormat::kParquet, model::Semantics::kTrino).value();
  const auto stamp = tree.Replace(other.summary(), kConstantsForTest, {});
  ASSERT_TRUE(stamp.ok());
  const auto status = Commit(*late);
  EXPECT_EQ(status.code(), base::Code::kLocked);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("another run has written s3://"), HasSubstr("day=3/part-0.parquet")));
  EXPECT_EQ(store_->VersionOf(kRows).value(), *stamp);
  EXPECT_EQ(Commit(*late, {}, 1, "2025-10-04").code(), base::Code::kLocked);
}

TEST_F(TreeOutputS3Test, AStoreWithoutConditionalWritesWorksUnfenced) {
  proxy_.Decide([](const HttpMessage& request, int) {
    const bool conditional =
        !request.Header("if-match").empty() || !request.Header("if-none-match").empty();
    return conditional && request.method == "PUT"
               ? HttpFault{.answer = testing::S3Error(501, "NotImplemented")}
               : HttpFault();
  });
  {
    const auto output = Open();
    ASSERT_TRUE(output.ok()) << output.status().message();
    Load(**output);
    EXPECT_EQ(Open().status().code(), base::Code::kLocked);
    for (const int rows : {1, 2}) ASSERT_TRUE(Commit(**output, {}, rows).ok());
    ASSERT_TRUE((*output)->Finish().ok());
    ExpectConsistent();
  }
  EXPECT_FALSE(IsMonthLocked(*store_, "u-1", {2025, 10}).value());
  EXPECT_THAT(told_, ElementsAre(HasSubstr("no conditional writes")));
}

TEST_F(TreeOutputS3Test, TheLockOfAKilledRunStandsAndSaysWhose) {
  testing::MustPut(*store_, LockKey("u-1", {2025, 10}), R"({"host":"gone","pid":17})");
  EXPECT_TRUE(IsMonthLocked(*store_, "u-1", {2025, 10}).value());
  const auto output = Open();
  EXPECT_EQ(output.status().code(), base::Code::kLocked);
  EXPECT_THAT(output.status().message(),
              AllOf(HasSubstr("another run summarises source u-1 of 2025-10"),
                    HasSubstr("process 17 on host gone")));
  EXPECT_TRUE(Open(OpenFor::kReading).ok());
}

TEST_F(TreeOutputS3Test, TheLockOfAKilledRunIsTakenOverWhenItIsOld) {
  const std::string key = LockKey("u-1", {2025, 10});
  testing::MustPut(*store_, key, R"({"host":"gone","pid":17})");
  const std::string etag = store_->VersionOf(key).value().value();
  proxy_.Decide([etag](const HttpMessage& request, int) {
    if (request.method != "HEAD") return HttpFault();
    return HttpFault{
        .answer = testing::HttpReply{.headers = {{"ETag", "\"" + etag + "\""},
                                                 {"Content-Length", "24"},
                                                 {"Last-Modified", "Sat, 01 Nov 2025 12:00:00 GMT"},
                                                 {"Date", "Sat, 01 Nov 2025 12:02:01 GMT"}}}};
  });
  const auto output = Open();
  ASSERT_TRUE(output.ok()) << output.status().message();
  EXPECT_NE(store_->VersionOf(key).value(), etag);
  proxy_.Decide(nullptr);
  Load(**output);
  EXPECT_TRUE(Commit(**output).ok());
}

}  // namespace
}  // namespace matome::sink
