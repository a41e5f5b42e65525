// SPDX-License-Identifier: Apache-2.0
// Objects that are replaced or go away while a run reads them.
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "case_runner/summary_tree.h"
#include "s3_faults/fault_world.h"
#include "testing/server_process.h"

namespace matome::s3_faults {
namespace {

namespace fs = std::filesystem;
using testing::HttpFault;
using testing::HttpMessage;

constexpr int kExitTemporary = 75;

std::string Decoded(std::string_view text) {
  std::string decoded;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%') {
      decoded += static_cast<char>(std::stoi(std::string(text.substr(at + 1, 2)), nullptr, 16));
      at += 2;
    } else {
      decoded += text[at];
    }
  }
  return decoded;
}

/// A copy of the new lake, in a directory and in the bucket, in which objects change.
class ChangeTest : public FaultTest {
 protected:
  ChangeTest() {
    fs::copy(world_.new_lake(), lake_, fs::copy_options::recursive);
    testing::MustPutTree(*world_.server().Open(world_.bucket(), prefix_), lake_.string());
  }

  /// The key below the prefix if an object's bytes are asked for, else an empty text.
  std::string KeyOf(const HttpMessage& request) const {
    if (request.method != "GET" || !request.query().empty()) return {};
    return Decoded(request.path()).substr(world_.bucket().size() + prefix_.size() + 3);
  }

  /// In both, by the old lake's of the same report and day.
  void Replace(const std::string& key) {
    const fs::path path(key);
    const std::string name = path.filename().string();
    const std::string same = name.substr(0, name.find('.', name.find('.') + 1) + 1);
    for (const auto& entry :
         fs::directory_iterator(fs::path(world_.old_lake()) / path.parent_path())) {
      if (!entry.path().filename().string().starts_with(same)) continue;
      fs::copy_file(entry.path(), lake_ / path, fs::copy_options::overwrite_existing);
    }
    testing::MustPut(world_.store(), prefix_ + "/" + key,
                     testing::ReadWholeFile((lake_ / path).string()));
  }

  void Remove(const std::string& key) {
    fs::remove(lake_ / key);
    const auto removed = world_.store().Remove(prefix_ + "/" + key);
    EXPECT_TRUE(removed.ok()) << removed.message();
  }

  /// Calls `change` once, when an object whose key holds `part` is first read from.
  void ChangeAtRead(const std::string& part,
                    const std::function<void(const std::string&)>& change) {
    proxy_.Decide([=, this](const HttpMessage& request, int) {
      const std::string key = KeyOf(request);
      if (changed_.empty() && key.find(part) != std::string::npos) {
        changed_ = key;
        return HttpFault{.before = [=] { change(key); }};
      }
      return HttpFault();
    });
  }

  support::Ended RunChanging() {
    auto words = WordsOfNew();
    words[2] = fmt::format("s3://{}/{}", world_.bucket(), prefix_);
    return support::ProgramRun(words, ProxyEnvironment()).Wait();
  }

  /// What a clean run makes of the lake as it is now.
  Tree CleanTree() {
    const std::string output = scratch_.Path("clean");
    auto words = SummarizeWords(lake_.string(), output);
    words.insert(words.begin(), MATOME_PROGRAM);
    const auto ended = support::ProgramRun(words).Wait();
    EXPECT_EQ(ended.exit_code, 0) << ended.output;
    return case_runner::ReadTree(output);
  }

  void ExpectRightAfterChange() {
    const auto ended = RunChanging();
    EXPECT_FALSE(changed_.empty());
    EXPECT_EQ(ended.exit_code, 0) << ended.output;
    EXPECT_EQ(Difference(Days(), CleanTree()), "");
  }

  std::string prefix_ = world_.NewPrefix();
  fs::path lake_ = scratch_.Path("lake");
  std::string changed_;
};

TEST_F(ChangeTest, AReplacedReportIsReadAnew) {
  ChangeAtRead("/daily/org1234567/OCP/pod_usage/", [this](const auto& key) { Replace(key); });
  ExpectRightAfterChange();
}

TEST_F(ChangeTest, AReplacedHourlyReportIsReadAnew) {
  ChangeAtRead("parquet/org1234567/OCP/pod_usage/", [this](const auto& key) { Replace(key); });
  ExpectRightAfterChange();
}

TEST_F(ChangeTest, AReportThatIsGoneIsDoneWithout) {
  ChangeAtRead("/OCP/storage_usage/", [this](const auto& key) { Remove(key); });
  ExpectRightAfterChange();
}

TEST_F(ChangeTest, ADayWithoutPodsFailsForTheTimeBeing) {
  ChangeAtRead("/daily/org1234567/OCP/pod_usage/", [this](const auto& key) { Remove(key); });
  const auto ended = RunChanging();
  EXPECT_EQ(ended.exit_code, 3) << ended.output;
  EXPECT_EQ(CountNewDays(), kDays - 1);
}

TEST_F(ChangeTest, ALakeThatNeverRestsIsGivenUp) {
  int generation = 0;
  proxy_.Decide([&](const HttpMessage& request, int) {
    const std::string key = KeyOf(request);
    if (key.empty()) return HttpFault();
    ++generation;
    // The same rows, yet another object.
    return HttpFault{.before = [this, key, number = generation] {
      testing::MustPut(world_.store(), prefix_ + "/" + key,
                       testing::ReadWholeFile((lake_ / key).string()) + std::to_string(number));
    }};
  });
  const auto ended = RunChanging();
  ExpectFailure(ended, kExitTemporary, "changed");
  proxy_.Decide(nullptr);
  testing::MustPutTree(*world_.server().Open(world_.bucket(), prefix_), lake_.string());
  ExpectSuccess(RunChanging());
}

}  // namespace
}  // namespace matome::s3_faults
