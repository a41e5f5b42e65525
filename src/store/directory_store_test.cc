// SPDX-License-Identifier: Apache-2.0
#include "store/directory_store.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/durable_file.h"

namespace matome::store {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DirectoryStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "matome-store-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { fs::remove_all(root_); }

  DirectoryStore Store(std::string_view writer = "w") const { return {root_.string(), writer}; }

  static Produce Bytes(std::string text) {
    return [text = std::move(text)](const ByteSink& sink) {
      return sink({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    };
  }

  void Write(const std::string& path, std::string_view text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << text;
  }
  bool Exists(const std::string& path) const { return fs::exists(root_ / path); }

  /// All that is no directory, temporary names too, sorted.
  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
      if (!entry.is_directory()) files.push_back(fs::relative(entry.path(), root_).string());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  fs::path root_;
};

std::vector<std::string> Keys(const std::vector<ObjectRef>& objects) {
  std::vector<std::string> keys;
  keys.reserve(objects.size());
  for (const auto& object : objects) keys.push_back(object.key);
  return keys;
}

TEST_F(DirectoryStoreTest, WhatIsPutIsThere) {
  auto store = Store();
  for (const bool durable : {true, false}) {
    const std::string key = durable ? "a/b/day.csv" : "a/c";
    EXPECT_FALSE(store.Get(key).value().has_value());
    EXPECT_FALSE(store.VersionOf(key).value().has_value());
    const auto version = store.Put(key, Bytes("text"), {.metadata = {}, .durable = durable});
    ASSERT_TRUE(version.ok()) << version.status().message();
    EXPECT_EQ(store.VersionOf(key).value(), *version);
    EXPECT_EQ(store.Get(key).value()->bytes, "text");
    EXPECT_EQ(store.Get(key).value()->version, *version);
  }
  EXPECT_THAT(Files(), ElementsAre("a/b/day.csv", "a/c"));
  const auto listed = store.List("a/").value();
  EXPECT_THAT(Keys(listed), ElementsAre("a/b/day.csv", "a/c"));
  EXPECT_EQ(listed[0].size_bytes, 4);
  EXPECT_EQ(listed[0].version, *store.VersionOf("a/b/day.csv").value());
  EXPECT_EQ(store.ListSome("", 1).value().size(), 1U);
  EXPECT_THAT(store.ListDirectories("a/").value(), ElementsAre("b"));
  std::vector<uint8_t> bytes(2);
  ASSERT_TRUE(store.Open(listed[0]).value()->ReadAt(2, bytes).ok());
  EXPECT_THAT(bytes, ElementsAre('x', 't'));
}

// Ledgers of earlier versions hold such texts.
TEST_F(DirectoryStoreTest, AVersionIsSizeAndTime) {
  auto store = Store();
  ASSERT_TRUE(store.Put("a", Bytes("12345"), {}).ok());
  fs::last_write_time(root_ / "a", fs::file_time_type(std::chrono::file_clock::from_sys(
                                       std::chrono::sys_seconds(std::chrono::seconds(7)))));
  EXPECT_EQ(store.VersionOf("a").value(), "5-7.000000000");
}

TEST_F(DirectoryStoreTest, APlaceThatIsNotThereIsEmpty) {
  const DirectoryStore store((root_ / "none").string(), "w");
  Write("file", "x");
  for (const auto* prefix : {"", "x/"}) {
    EXPECT_THAT(store.List(prefix).value(), IsEmpty());
    EXPECT_THAT(store.ListDirectories(prefix).value(), IsEmpty());
  }
  EXPECT_THAT(Store().List("file/").value(), IsEmpty());
  EXPECT_FALSE(Store().Get("file/x").value().has_value());
  EXPECT_FALSE(store.IsLocked("x/lock").value());
  EXPECT_FALSE(Exists("none"));
}

TEST_F(DirectoryStoreTest, AnObjectThatChangedCannotBeOpened) {
  auto store = Store();
  ASSERT_TRUE(store.Put("a", Bytes("1"), {}).ok());
  const auto listed = store.List("").value();
  ASSERT_TRUE(store.Put("a", Bytes("22"), {}).ok());
  EXPECT_EQ(store.Open(listed[0]).status().code(), base::Code::kInputChanged);
  ASSERT_TRUE(store.Remove("a").ok());
  EXPECT_EQ(store.Open(listed[0]).status().code(), base::Code::kInputChanged);
}

TEST_F(DirectoryStoreTest, WhatIsInTheMakingIsNotListed) {
  auto store = Store("run-1");
  const auto look = [&](const ByteSink& sink) -> base::Status {
    EXPECT_THAT(Files(), ElementsAre("a/.part-0.run-1.tmp"));
    EXPECT_THAT(store.List("").value(), IsEmpty());
    return Bytes("x")(sink);
  };
  ASSERT_TRUE(store.Put("a/part-0.csv", look, {}).ok());
  EXPECT_THAT(Files(), ElementsAre("a/part-0.csv"));
}

TEST_F(DirectoryStoreTest, WhatFailsLeavesTheOldObject) {
  auto store = Store();
  ASSERT_TRUE(store.Put("a", Bytes("old"), {}).ok());
  const auto fail = [&](const ByteSink& sink) -> base::Status {
    MATOME_RETURN_IF_ERROR(Bytes("half")(sink));
    return base::Failed("enough");
  };
  EXPECT_EQ(store.Put("a", fail, {}).status().message(), "enough");
  EXPECT_EQ(store.Get("a").value()->bytes, "old");
  EXPECT_THAT(Files(), ElementsAre("a"));
}

TEST_F(DirectoryStoreTest, DoesNotCompareVersions) {
  auto store = Store();
  EXPECT_FALSE(store.compares_versions());
  EXPECT_EQ(store.Put("a", Bytes("x"), {.metadata = {}, .durable = true, .expected_version = ""})
                .status()
                .code(),
            base::Code::kFailed);
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(DirectoryStoreTest, RemovingTheLastRemovesTheDirectory) {
  auto store = Store();
  EXPECT_TRUE(store.Remove("a/b/c").ok());
  ASSERT_TRUE(store.Put("a/b/c", Bytes("x"), {}).ok());
  ASSERT_TRUE(store.Put("a/b/d", Bytes("x"), {}).ok());
  ASSERT_TRUE(store.Remove("a/b/c").ok());
  EXPECT_TRUE(Exists("a/b"));
  ASSERT_TRUE(store.Remove("a/b/d").ok());
  EXPECT_FALSE(Exists("a/b"));
  EXPECT_TRUE(Exists("a"));
}

TEST_F(DirectoryStoreTest, DirectoriesMayGoAwayWhileOthersWriteThere) {
  const auto work = [this](const std::string& key) {
    DirectoryStore store = Store(key);
    for (int time = 0; time < 100; ++time) {
      const auto put = store.Put("d/" + key, Bytes("x"), {.metadata = {}, .durable = false});
      ASSERT_TRUE(put.ok()) << put.status().message();
      ASSERT_TRUE(store.Remove("d/" + key).ok());
      ASSERT_TRUE(store.List("").ok());
    }
  };
  std::thread other([&] { work("a"); });
  work("b");
  other.join();
}

TEST_F(DirectoryStoreTest, LeftoversGoByTheKeysTheyWereFor) {
  auto store = Store();
  ASSERT_TRUE(store.Put("m/2025-10.json", Bytes("x"), {}).ok());
  for (const auto* path : {"m/.2025-10.dead.tmp", "m/.2025-11.dead.tmp", "m/notes.tmp",
                           "t/u/v/.p.x.tmp", "t/w/.q.x.tmp", "t/w/part", "tt/.p.x.tmp"}) {
    Write(path, "half");
  }
  ASSERT_TRUE(store.RemoveLeftovers("m/2025-10.").ok());
  ASSERT_TRUE(store.RemoveLeftovers("t/").ok());
  ASSERT_TRUE(store.RemoveLeftovers("none/").ok());
  EXPECT_THAT(Files(), ElementsAre("m/.2025-11.dead.tmp", "m/2025-10.json", "m/notes.tmp",
                                   "t/w/part", "tt/.p.x.tmp"));
  EXPECT_FALSE(Exists("t/u"));
  ASSERT_TRUE(store.Remove("t/w/part").ok());
  ASSERT_TRUE(store.RemoveLeftovers("t/").ok());
  EXPECT_FALSE(Exists("t"));
}

TEST_F(DirectoryStoreTest, ALockHasOneOwner) {
  auto store = Store();
  auto lock = store.TakeLock("a/x.lock");
  ASSERT_TRUE(lock.ok());
  EXPECT_TRUE(lock.value()->Check().ok());
  EXPECT_TRUE(Store("other").IsLocked("a/x.lock").value());
  EXPECT_EQ(Store("other").TakeLock("a/x.lock").status().code(), base::Code::kLocked);
  EXPECT_TRUE(Store("other").TakeLock("a/y.lock").ok());
  lock.value().reset();
  EXPECT_FALSE(store.IsLocked("a/x.lock").value());
  EXPECT_TRUE(Store("other").TakeLock("a/x.lock").ok());
}

TEST_F(DirectoryStoreTest, AnUnfinishedFileLeavesNothingBehind) {
  {
    auto file = DurableFile::Create((root_ / "a/b").string(), ".tmp").value();
    const std::vector<uint8_t> bytes(1000, 'x');
    ASSERT_TRUE(file.Write(bytes).ok());
    EXPECT_THAT(Files(), ElementsAre("a/b/.tmp"));
  }
  EXPECT_THAT(Files(), IsEmpty());
}

TEST(WriteError, GivesAdviceWhereThereIsSome) {
  EXPECT_THAT(WriteError("write", "/x/y", ENOSPC).message(),
              HasSubstr("cannot write /x/y: No space left on device; free"));
  EXPECT_THAT(WriteError("create", "/x/y", EACCES).message(),
              HasSubstr("the output must be writable"));
  EXPECT_THAT(WriteError("create", "/x/y", EROFS).message(),
              HasSubstr("the output must be writable"));
  EXPECT_EQ(WriteError("sync", "/x/y", EIO).message(), "cannot sync /x/y: Input/output error");
}

}  // namespace
}  // namespace matome::store
