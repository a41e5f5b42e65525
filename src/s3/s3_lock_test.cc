// SPDX-License-Identifier: Apache-2.0
#include "s3/s3_lock.h"

#include <future>
#include <map>

#include <gmock/gmock.h>

#include "s3/client_for_test.h"
#include "s3/object.h"
#include "testing/minio_server.h"

namespace matome::s3 {
namespace {

using base::Code;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::HttpMessage;
using testing::HttpReply;
using testing::HttpServer;

constexpr LockTimes kNeverRenewed{.renew_every = std::chrono::hours(1)};

class S3LockTest : public ::testing::Test {
 protected:
  base::Result<std::unique_ptr<S3Lock>> Take(LockTimes times = kNeverRenewed) {
    return S3Lock::Take(*client_, "lock", times);
  }
  bool Exists() { return StateOf(*client_, "lock").value().has_value(); }

  testing::MinioServer& server_ = testing::MinioServer::Shared();
  const std::unique_ptr<Client> client_ = MustMake(server_.Options(server_.MakeBucket()));
};

TEST_F(S3LockTest, OneHasItUntilItLetsGo) {
  EXPECT_FALSE(S3Lock::IsHeld(*client_, "lock", {}).value());
  {
    const auto lock = Take();
    ASSERT_TRUE(lock.ok()) << lock.status().message();
    EXPECT_TRUE(lock.value()->Check().ok());
    EXPECT_TRUE(S3Lock::IsHeld(*client_, "lock", {}).value());
    const auto second = Take();
    EXPECT_EQ(second.status().code(), Code::kLocked);
    EXPECT_THAT(second.status().message(),
                AllOf(HasSubstr(client_->Describe("lock") + " is held by process " +
                                std::to_string(getpid())),
                      HasSubstr("120 s after")));
  }
  EXPECT_FALSE(Exists());
  EXPECT_TRUE(Take().ok());
}

TEST_F(S3LockTest, OfManyWhoTryOneGetsIt) {
  std::vector<std::future<base::Result<std::unique_ptr<S3Lock>>>> tries;
  for (int i = 0; i < 8; ++i) {
    tries.push_back(std::async(std::launch::async, [&] { return Take(); }));
  }
  std::vector<std::unique_ptr<S3Lock>> held;
  for (auto& each : tries) {
    auto lock = each.get();
    if (lock.ok()) {
      held.push_back(std::move(lock).value());
    } else {
      EXPECT_EQ(lock.status().code(), Code::kLocked) << lock.status().message();
    }
  }
  EXPECT_EQ(held.size(), 1U);
}

TEST_F(S3LockTest, AStaleOneIsTakenOverAndItsOwnerLearnsOfIt) {
  // Its times differ, as if it had slept.
  auto first = Take({.renew_every = milliseconds(1'500)}).value();
  const std::string version = StateOf(*client_, "lock").value()->version;
  base::Result<std::unique_ptr<S3Lock>> second = base::Failed("");
  // Ages are those of the store's clock, in whole seconds.
  do {
    second = Take({.renew_every = std::chrono::hours(1), .stale_after = milliseconds(0)});
  } while (second.status().code() == Code::kLocked);
  ASSERT_TRUE(second.ok()) << second.status().message();
  EXPECT_NE(StateOf(*client_, "lock").value()->version, version);
  while (first->Check().ok()) std::this_thread::yield();
  EXPECT_EQ(first->Check().code(), Code::kLocked);
  EXPECT_THAT(first->Check().message(), HasSubstr("lost its lock"));
  first.reset();
  EXPECT_TRUE(Exists());
  EXPECT_TRUE(second.value()->Check().ok());
}

TEST_F(S3LockTest, IsRenewed) {
  const auto lock = Take({.renew_every = milliseconds(1)}).value();
  const std::string version = StateOf(*client_, "lock").value()->version;
  std::string now = version;
  while (now == version) now = StateOf(*client_, "lock").value()->version;
  EXPECT_TRUE(lock->Check().ok());
}

TEST_F(S3LockTest, IsLostWhenItIsRemoved) {
  const auto lock = Take({.renew_every = milliseconds(1)}).value();
  ASSERT_TRUE(client_->Send({.kind = S3Request::Kind::kDelete, .key = "lock"}).ok());
  while (lock->Check().ok()) std::this_thread::yield();
  EXPECT_EQ(lock->Check().code(), Code::kLocked);
}

/// A store of one object that knows conditions, or pretends to, or says that it does not.
class OneObject {
 public:
  enum class Conditions : uint8_t { kKnows, kIgnores, kRefuses };

  explicit OneObject(Conditions conditions) : conditions_(conditions) {}

  HttpReply operator()(const HttpMessage& message) {
    if (down) return {.status = 503};
    const bool conditional =
        !message.Header("if-match").empty() || !message.Header("if-none-match").empty();
    if (conditional && conditions_ == Conditions::kRefuses) {
      return ErrorReply(501, "NotImplemented");
    }
    if (conditional && conditions_ == Conditions::kKnows) {
      const bool wants_none = !message.Header("if-none-match").empty();
      const bool holds = wants_none ? !body : message.Header("if-match") == ETag();
      if (!holds) return ErrorReply(412, "PreconditionFailed");
    }
    if (message.method == "PUT") {
      ++versions_;
      body = message.body;
    } else if (message.method == "DELETE") {
      body.reset();
      return {.status = 204};
    } else if (!body) {
      return ErrorReply(404, "NoSuchKey");
    }
    return {.headers = {{"ETag", ETag()}}, .body = message.method == "PUT" ? "" : *body};
  }

  std::optional<std::string> body;
  bool down = false;

 private:
  std::string ETag() const { return "\"v" + std::to_string(versions_) + "\""; }

  Conditions conditions_;
  int versions_ = 0;
};

class OddStoreTest : public ::testing::TestWithParam<OneObject::Conditions> {
 protected:
  OddStoreTest() {
    server_.Handle([this](const HttpMessage& message) { return object_(message); });
    S3Options options = OptionsFor(server_);
    options.warn = [this](const std::string& warning) { warnings_.push_back(warning); };
    options.retry.request_deadline = milliseconds(20);
    client_ = MustMake(options);
  }

  OneObject object_{GetParam()};
  HttpServer server_{nullptr};
  std::vector<std::string> warnings_;
  std::unique_ptr<Client> client_;
};

TEST_P(OddStoreTest, LocksAsWellAsTheStoreCanAndWarns) {
  {
    auto lock = S3Lock::Take(*client_, "lock", {.renew_every = milliseconds(1)});
    ASSERT_TRUE(lock.ok()) << lock.status().message();
    EXPECT_EQ(warnings_.size(), GetParam() == OneObject::Conditions::kKnows ? 0U : 1U);
    EXPECT_EQ(S3Lock::Take(*client_, "lock", {}).status().code(), Code::kLocked);
    EXPECT_TRUE(lock.value()->Check().ok());
    // Somebody else writes.
    server_.Handle([this](const HttpMessage& message) {
      const HttpReply reply = object_(message);
      return message.method == "PUT"   ? ErrorReply(412, "PreconditionFailed")
             : message.method == "GET" ? HttpReply{.body = R"({"owner":"other"})"}
                                       : reply;
    });
    while (lock.value()->Check().ok()) std::this_thread::yield();
    EXPECT_EQ(lock.value()->Check().code(), Code::kLocked);
  }
  EXPECT_TRUE(object_.body.has_value());
}

TEST_P(OddStoreTest, IsRemovedInTheEnd) {
  {
    ASSERT_TRUE(S3Lock::Take(*client_, "lock", kNeverRenewed).ok());
  }
  EXPECT_FALSE(object_.body.has_value());
}

TEST_P(OddStoreTest, IsFearedLostWhenItCannotBeRenewed) {
  const auto lock = S3Lock::Take(*client_, "lock",
                                 {.renew_every = milliseconds(1), .lost_after = milliseconds(200)});
  ASSERT_TRUE(lock.ok());
  server_.Handle([](const HttpMessage&) { return HttpReply{.status = 503}; });
  while (lock.value()->Check().ok()) std::this_thread::yield();
  EXPECT_EQ(lock.value()->Check().code(), Code::kTemporary);
  EXPECT_THAT(lock.value()->Check().message(), HasSubstr("could not be renewed"));
  // A later renewal that succeeds makes it good again: nobody had the lock meanwhile.
  server_.Handle([this](const HttpMessage& message) { return object_(message); });
  while (!lock.value()->Check().ok()) std::this_thread::yield();
}

INSTANTIATE_TEST_SUITE_P(Conditions, OddStoreTest,
                         ::testing::Values(OneObject::Conditions::kKnows,
                                           OneObject::Conditions::kIgnores,
                                           OneObject::Conditions::kRefuses));

}  // namespace
}  // namespace matome::s3
