// SPDX-License-Identifier: Apache-2.0
#include "testing/minio_server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace matome::testing {
namespace {

/// What is in an object; its error if it cannot be had.
std::string Read(const store::WritableStore& store, const std::string& key) {
  const auto object = store.Get(key);
  if (!object.ok()) return object.status().message();
  return *object ? (*object)->bytes : "nothing";
}

TEST(MinioServerTest, KeepsObjects) {
  auto& server = MinioServer::Shared();
  const auto store = server.Open(server.MakeBucket(), "some/where");
  MustPut(*store, "a/b", "text");
  EXPECT_EQ(Read(*store, "a/b"), "text");
  EXPECT_EQ(Read(*server.Open(server.MakeBucket(), "some/where"), "a/b"), "nothing");
}

TEST(MinioServerTest, SurvivesBeingKilled) {
  MinioServer server;
  const std::string bucket = server.MakeBucket();
  MustPut(*server.Open(bucket), "a", "text");
  server.Kill();
  server.Start();
  EXPECT_EQ(Read(*server.Open(bucket), "a"), "text");
}

TEST(MinioServerTest, SpeaksTls) {
  MinioServer server({.tls = true, .parent_directory = {}});
  auto options = server.Options(server.MakeBucket());
  options.endpoint = fmt::format("https://{}:{}", MinioServer::kHost, server.port());
  for (const auto addressing : {s3::Addressing::kPath, s3::Addressing::kVirtual}) {
    options.addressing = addressing;
    const auto store = MustOpen(options);
    MustPut(*store, "a", "text");
    EXPECT_EQ(Read(*store, "a"), "text");
  }
  options.ca_bundle.clear();
  options.retry.request_deadline = {};
  const auto distrustful = MustOpen(options)->Get("a");
  EXPECT_EQ(distrustful.status().code(), base::Code::kStoreUnavailable)
      << distrustful.status().message();
}

}  // namespace
}  // namespace matome::testing
