// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/local_store.h"
#include "store/memory_store.h"

namespace matome::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Keys(const ObjectStore& store, std::string_view prefix) {
  std::vector<std::string> keys;
  const auto objects = store.List(prefix).value();
  for (const auto& object : objects) keys.push_back(object.key);
  return keys;
}

class LocalStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "matome-store-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& key, std::string_view bytes) {
    std::filesystem::create_directories((root_ / key).parent_path());
    std::ofstream(root_ / key, std::ios::binary) << bytes;
  }

  std::filesystem::path root_;
};

TEST_F(LocalStoreTest, ListsObjectsOfAPrefixAtAnyDepthInKeyOrder) {
  Write("a/z", "1");
  Write("a/b/c", "22");
  Write("a-b", "333");
  const auto store = LocalStore::Make(root_).value();
  EXPECT_THAT(Keys(store, "a/"), ElementsAre("a/b/c", "a/z"));
  EXPECT_THAT(Keys(store, "none/"), ElementsAre());
  EXPECT_THAT(store.ListDirectories("").value(), ElementsAre("a"));
  EXPECT_EQ(store.List("a/").value()[0].size_bytes, 2);
}

TEST_F(LocalStoreTest, ReadsRangesAndRefusesMoreThanThereIs) {
  Write("object", "0123456789");
  const auto store = LocalStore::Make(root_).value();
  const auto object = store.Open(store.List("").value()[0]);
  ASSERT_TRUE(object.ok());
  std::vector<uint8_t> bytes(3);
  ASSERT_TRUE(object.value()->ReadAt(4, bytes).ok());
  EXPECT_THAT(bytes, ElementsAre('4', '5', '6'));
  EXPECT_EQ(object.value()->ReadAt(8, bytes).code(), base::Code::kBadInput);
}

TEST_F(LocalStoreTest, AChangedOrVanishedObjectIsATemporaryError) {
  Write("changed", "1");
  Write("gone", "1");
  const auto store = LocalStore::Make(root_).value();
  const auto listed = store.List("").value();
  Write("changed", "22");
  std::filesystem::remove(root_ / "gone");
  for (const auto& object : listed) {
    EXPECT_EQ(store.Open(object).status().code(), base::Code::kInputChanged) << object.key;
  }
}

TEST_F(LocalStoreTest, TheRootMustBeADirectory) {
  Write("file", "");
  EXPECT_EQ(LocalStore::Make(root_ / "file").status().code(), base::Code::kUsage);
  const auto missing = LocalStore::Make(root_ / "missing");
  EXPECT_EQ(missing.status().code(), base::Code::kUsage);
  EXPECT_THAT(missing.status().message(), HasSubstr("does not exist"));
}

TEST(MemoryStore, BehavesLikeADirectory) {
  MemoryStore store;
  store.Put("a/z", {1});
  store.Put("a/b/c", {1, 2});
  store.Put("b", {});
  EXPECT_THAT(Keys(store, "a/"), ElementsAre("a/b/c", "a/z"));
  EXPECT_THAT(store.ListDirectories("a/").value(), ElementsAre("b"));
  const auto listed = store.List("a/").value();
  std::vector<uint8_t> bytes(2);
  EXPECT_TRUE(store.Open(listed[0]).value()->ReadAt(0, bytes).ok());
  EXPECT_FALSE(store.Open(listed[1]).value()->ReadAt(0, bytes).ok());
  store.Put("a/z", {2});
  EXPECT_EQ(store.Open(listed[1]).status().code(), base::Code::kInputChanged);
}

}  // namespace
}  // namespace matome::store
