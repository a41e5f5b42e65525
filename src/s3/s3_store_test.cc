// SPDX-License-Identifier: Apache-2.0
#include "s3/s3_store.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/minio_server.h"

namespace matome::s3 {
namespace {

using base::Code;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MinioServer;
using testing::MustPut;
using ::testing::UnorderedElementsAreArray;

std::vector<std::string> Keys(const store::ObjectStore& store, std::string_view prefix) {
  const auto listed = store.List(prefix);
  if (!listed.ok()) return {listed.status().message()};
  std::vector<std::string> keys;
  for (const auto& object : listed.value()) keys.push_back(object.key);
  return keys;
}

store::Produce Bytes(std::string bytes) {
  return [bytes = std::move(bytes)](const store::ByteSink& sink) {
    return sink({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  };
}

std::string Read(const store::ObjectStore& store, const store::ObjectRef& object, int64_t offset,
                 size_t size) {
  const auto opened = store.Open(object);
  if (!opened.ok()) return opened.status().message();
  std::string bytes(size, '?');
  const auto status =
      opened.value()->ReadAt(offset, {reinterpret_cast<uint8_t*>(bytes.data()), size});
  return status.ok() ? bytes : status.message();
}

class S3StoreTest : public ::testing::Test {
 protected:
  MinioServer& server_ = MinioServer::Shared();
  const std::string bucket_ = server_.MakeBucket();
  const std::unique_ptr<S3Store> store_ = server_.Open(bucket_);
};

TEST_F(S3StoreTest, ListsWhatWasPut) {
  MustPut(*store_, "a/z", "1");
  MustPut(*store_, "a/b/c", "22");
  MustPut(*store_, "a-b", "333");
  MustPut(*store_, "marker/", "");
  EXPECT_THAT(Keys(*store_, ""), ElementsAre("a-b", "a/b/c", "a/z"));
  EXPECT_THAT(Keys(*store_, "a/"), ElementsAre("a/b/c", "a/z"));
  EXPECT_THAT(Keys(*store_, "none/"), ElementsAre());
  EXPECT_THAT(store_->ListDirectories("").value(), ElementsAre("a", "marker"));
  EXPECT_THAT(store_->ListDirectories("a/").value(), ElementsAre("b"));
  EXPECT_THAT(store_->ListDirectories("none/").value(), ElementsAre());
  EXPECT_EQ(store_->List("a/").value()[0].size_bytes, 2);
  EXPECT_EQ(store_->Describe("a/z"), "s3://" + bucket_ + "/a/z");

  const auto below = server_.Open(bucket_, "a/");
  EXPECT_THAT(Keys(*below, ""), ElementsAre("b/c", "z"));
  EXPECT_THAT(below->ListDirectories("").value(), ElementsAre("b"));
  EXPECT_EQ(Read(*below, below->List("").value()[1], 0, 1), "1");
  EXPECT_EQ(below->Describe("z"), "s3://" + bucket_ + "/a/z");
}

TEST_F(S3StoreTest, KeysMayHoldAnything) {
  const std::vector<std::string> keys = {
      "blank in it",    "plus+plus",     "per%cent %20 %2F",   "quote\"s'", "<xml> & &amp; ]]>",
      "ümläut 日本 🙂", "a=b&c=d?e#f",   "semi;colon:,@$!*()", "~tilde_.-", "tab\there",
      "back\\slash",    "day=2025-11/x", "[bracket]{brace}|^`"};
  for (const std::string& key : keys) MustPut(*store_, key, "of " + key);
  EXPECT_THAT(Keys(*store_, ""), UnorderedElementsAreArray(keys));
  const auto listed = store_->List("").value();
  for (const auto& object : listed) {
    EXPECT_EQ(Read(*store_, object, 0, static_cast<size_t>(object.size_bytes)), "of " + object.key);
    EXPECT_EQ(store_->VersionOf(object.key).value(), object.version);
    EXPECT_TRUE(store_->Remove(object.key).ok());
  }
  EXPECT_THAT(Keys(*store_, ""), ElementsAre());
}

TEST_F(S3StoreTest, FollowsPages) {
  std::vector<std::string> keys;
  std::vector<std::thread> threads;
  for (int i = 0; i < 1001; ++i) keys.push_back("p/" + std::to_string(10000 + i));
  for (size_t part = 0; part < 4; ++part) {
    threads.emplace_back([&, part] {
      for (size_t i = part; i < keys.size(); i += 4) MustPut(*store_, keys[i], "");
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(Keys(*store_, "p/"), keys);
  EXPECT_EQ(store_->traffic().requests["list"], 2);
  EXPECT_EQ(store_->traffic().requests["put"], 1001);
}

TEST_F(S3StoreTest, ReadsRangesAndRefusesMoreThanThereIs) {
  MustPut(*store_, "object", "0123456789");
  const auto object = store_->List("").value()[0];
  const int64_t listing_bytes = store_->traffic().bytes_fetched;
  EXPECT_EQ(Read(*store_, object, 0, 10), "0123456789");
  EXPECT_EQ(Read(*store_, object, 4, 3), "456");
  EXPECT_EQ(Read(*store_, object, 9, 1), "9");
  EXPECT_EQ(Read(*store_, object, 10, 0), "");
  EXPECT_THAT(Read(*store_, object, 8, 3), HasSubstr("3 bytes at 8 are wanted, and it has 10"));
  EXPECT_EQ(store_->traffic().requests["get"], 3);
  EXPECT_EQ(store_->traffic().bytes_fetched - listing_bytes, 14);
  EXPECT_EQ(store_->read_shape().reads_in_flight, server_.Options(bucket_).requests_in_flight);
}

TEST_F(S3StoreTest, WhatChangedOrWentAwaySinceItWasListedIsNotRead) {
  for (const char* const key : {"longer", "other", "gone"}) MustPut(*store_, key, "1234");
  const auto listed = store_->List("").value();
  MustPut(*store_, "longer", "12345");
  MustPut(*store_, "other", "abcd");
  ASSERT_TRUE(store_->Remove("gone").ok());
  for (const auto& object : listed) {
    for (const size_t size : {size_t{2}, size_t{4}}) {
      std::vector<uint8_t> bytes(size);
      const auto status = store_->Open(object).value()->ReadAt(0, bytes);
      EXPECT_EQ(status.code(), Code::kInputChanged) << status.message();
      EXPECT_THAT(status.message(), HasSubstr(store_->Describe(object.key)));
      EXPECT_THAT(status.message(), HasSubstr(object.key == "gone" ? "is gone" : "changed"));
    }
  }
}

TEST_F(S3StoreTest, PutReplacesAndTellsTheVersion) {
  const std::string first = store_->Put("k", Bytes("one"), {}).value();
  EXPECT_EQ(store_->VersionOf("k").value(), first);
  EXPECT_EQ(store_->List("").value()[0].version, first);
  const std::string second = store_->Put("k", Bytes("two"), {.metadata = {{"day", "x y"}}}).value();
  EXPECT_NE(first, second);
  const auto found = store_->Get("k").value();
  EXPECT_EQ(found->bytes, "two");
  EXPECT_EQ(found->version, second);

  EXPECT_TRUE(store_->Remove("k").ok());
  EXPECT_TRUE(store_->Remove("k").ok());
  EXPECT_FALSE(store_->Get("k").value().has_value());
  EXPECT_FALSE(store_->VersionOf("k").value().has_value());
  EXPECT_TRUE(store_->Put("empty", Bytes(""), {}).ok());
  EXPECT_EQ(store_->Get("empty").value()->bytes, "");
  const std::string much(20 << 20, 'x');
  EXPECT_TRUE(store_->Put("much", Bytes(much), {}).ok());
  EXPECT_EQ(store_->Get("much").value()->bytes, much);
}

TEST_F(S3StoreTest, ConditionsHoldOrNothingIsWritten) {
  EXPECT_EQ(store_->Put("k", Bytes("1"), {.expected_version = "abc"}).status().code(),
            Code::kLocked);
  const std::string first = store_->Put("k", Bytes("1"), {.expected_version = ""}).value();
  const auto again = store_->Put("k", Bytes("2"), {.expected_version = ""});
  EXPECT_EQ(again.status().code(), Code::kLocked);
  EXPECT_THAT(again.status().message(), HasSubstr(store_->Describe("k")));
  const std::string second = store_->Put("k", Bytes("2"), {.expected_version = first}).value();
  EXPECT_EQ(store_->Put("k", Bytes("3"), {.expected_version = first}).status().code(),
            Code::kLocked);
  EXPECT_EQ(store_->Get("k").value()->bytes, "2");
  EXPECT_EQ(store_->Get("k").value()->version, second);
}

TEST_F(S3StoreTest, AnErrorOfTheProducerWritesNothing) {
  const auto status = store_
                          ->Put("k",
                                [](const store::ByteSink& sink) -> base::Status {
                                  MATOME_RETURN_IF_ERROR(sink(std::vector<uint8_t>{1, 2}));
                                  return base::Failed("no more");
                                },
                                {})
                          .status();
  EXPECT_EQ(status.message(), "no more");
  EXPECT_FALSE(store_->Get("k").value().has_value());
}

TEST_F(S3StoreTest, WrongCredentialsAndBucketsSayWhatToDo) {
  const auto listing = [](S3Options options) {
    return testing::MustOpen(std::move(options))->List("").status();
  };
  S3Options options = server_.Options(bucket_);
  options.credentials.secret_key = "wrong horse";
  auto status = listing(options);
  EXPECT_EQ(status.code(), Code::kStoreUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("SignatureDoesNotMatch"));
  EXPECT_THAT(status.message(), HasSubstr("check the secret key"));
  EXPECT_THAT(status.message(), ::testing::Not(HasSubstr("wrong horse")));

  options.credentials.access_key = "nobody";
  status = listing(options);
  EXPECT_THAT(status.message(), HasSubstr("InvalidAccessKeyId"));
  const auto head = testing::MustOpen(options)->VersionOf("k").status();
  EXPECT_EQ(head.code(), Code::kStoreUnavailable);
  EXPECT_THAT(head.message(), HasSubstr("InvalidAccessKeyId"));

  options = server_.Options(bucket_);
  options.credentials = {.anonymous = true};
  EXPECT_THAT(listing(options).message(), HasSubstr("AccessDenied"));

  status = listing(server_.Options("no-such-bucket"));
  EXPECT_EQ(status.code(), Code::kStoreUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("NoSuchBucket"));
  EXPECT_THAT(status.message(), HasSubstr("s3://no-such-bucket/"));
  const auto missing = testing::MustOpen(server_.Options("no-such-bucket"));
  EXPECT_EQ(missing->Get("k").status().code(), Code::kStoreUnavailable);
}

TEST_F(S3StoreTest, TheStopFlagEndsReadsAndNoWrites) {
  std::atomic<bool> stop = false;
  S3Options options = server_.Options(bucket_);
  options.stop = &stop;
  const auto store = testing::MustOpen(options);
  MustPut(*store, "k", "v");
  const auto object = store->List("").value()[0];
  stop = true;
  std::vector<uint8_t> bytes(1);
  EXPECT_EQ(store->List("").status().code(), Code::kInterrupted);
  EXPECT_EQ(store->Open(object).value()->ReadAt(0, bytes).code(), Code::kInterrupted);
  EXPECT_TRUE(store->Put("k", Bytes("w"), {}).ok());
  EXPECT_TRUE(store->Remove("k").ok());
}

TEST(S3Store, SpeaksTlsWithTheRightAuthorityAloneAndFindsABucketByItsHost) {
  MinioServer server({.tls = true});
  const std::string bucket = server.MakeBucket();
  MustPut(*server.Open(bucket), "a b/k", "v");
  S3Options options = server.Options(bucket);
  options.endpoint = std::string(MinioServer::kHost) + ":" + std::to_string(server.port());
  options.addressing = Addressing::kVirtual;
  const auto store = testing::MustOpen(options);
  EXPECT_THAT(Keys(*store, ""), ElementsAre("a b/k"));
  EXPECT_EQ(store->Get("a b/k").value()->bytes, "v");

  options = server.Options(bucket);
  options.ca_bundle.clear();
  const auto status = testing::MustOpen(options)->List("").status();
  EXPECT_EQ(status.code(), Code::kStoreUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("CA bundle"));
  options.insecure = true;
  EXPECT_THAT(Keys(*testing::MustOpen(options), ""), ElementsAre("a b/k"));
}

TEST(S3Store, TheWrongSchemeIsToldAtOnce) {
  MinioServer plain;
  S3Options options = plain.Options(plain.MakeBucket());
  options.endpoint = "127.0.0.1:" + std::to_string(plain.port());
  const auto to_plain = testing::MustOpen(options)->List("").status();
  EXPECT_EQ(to_plain.code(), Code::kStoreUnavailable);
  EXPECT_THAT(to_plain.message(), HasSubstr("if the store speaks no TLS give http://"));
  EXPECT_THAT(to_plain.message(), HasSubstr("https://127.0.0.1:"));

  MinioServer tls({.tls = true});
  options = tls.Options(tls.MakeBucket());
  options.endpoint = "http://127.0.0.1:" + std::to_string(tls.port());
  const auto to_tls = testing::MustOpen(options)->List("").status();
  EXPECT_EQ(to_tls.code(), Code::kStoreUnavailable);
  EXPECT_THAT(to_tls.message(), HasSubstr("HTTPS"));
}

TEST(S3Store, ManyThreadsShareTheConnections) {
  MinioServer& server = MinioServer::Shared();
  S3Options options = server.Options(server.MakeBucket());
  options.requests_in_flight = 3;
  const auto store = testing::MustOpen(options);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 10; ++i) {
        const std::string key = std::to_string(thread) + "/" + std::to_string(i);
        MustPut(*store, key, key);
        EXPECT_EQ(store->Get(key).value()->bytes, key);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(store->List("").value().size(), 80U);
}

}  // namespace
}  // namespace matome::s3
