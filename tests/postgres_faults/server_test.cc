// SPDX-License-Identifier: Apache-2.0
// A server that is killed and comes back, and one without room.
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "postgres_faults/fault_test.h"

namespace matome::postgres_faults {
namespace {

class MomentServerTest : public FaultTest, public ::testing::WithParamInterface<Moment> {};

TEST_P(MomentServerTest, ARunOutlivesItsServer) {
  std::atomic<bool> killed = false;
  proxy_.Watch(AtMoment(GetParam(), 2, [&] {
    world_.server().Kill();
    killed = true;
    return Verdict::kForward;
  }));
  ProgramRun run(SummarizeNew());
  while (!killed && run.running()) {
  }
  ASSERT_TRUE(killed) << run.Wait().output;
  world_.server().Start();
  const Ended ended = run.Wait();
  EXPECT_EQ(ended.exit_code, 0) << ended.output;
  EXPECT_EQ(CountNewDays(), 4);
  ExpectNextRunIsRight();
}

INSTANTIATE_TEST_SUITE_P(Moments, MomentServerTest, ::testing::ValuesIn(kMoments));

class ServerTest : public FaultTest {};

TEST_F(ServerTest, ARunWhoseServerStaysAwayEnds) {
  std::atomic<bool> killed = false;
  proxy_.Watch(AtMoment(Moment::kCopyBegins, 1, [&] {
    world_.server().Kill();
    killed = true;
    return Verdict::kCut;
  }));
  const Ended ended = RunToEnd(SummarizeNew(), ClockSpeed(200));
  EXPECT_TRUE(killed);
  EXPECT_TRUE(ended.exit_code == 12 || ended.exit_code == 3) << ended.output;
  world_.server().Start();
  EXPECT_LT(CountNewDays(), 4);
  ExpectNextRunIsRight();
}

// --- No room

/// What has no more room: a file system of the table's files, or the file of the month's rows.
enum class Full : uint8_t { kFileSystem, kFile };

void PrintTo(Full full, std::ostream* out) {
  *out << (full == Full::kFileSystem ? "file system" : "file");
}

/// Mounts what only this process and its children see. Has to come before the first thread.
bool MayMount() {
  static const bool may = geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
                          mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  return may;
}

/// Where nothing may be mounted there is the other way.
std::vector<Full> WaysToBeFull() {
  if (MayMount()) return {Full::kFileSystem, Full::kFile};
  return {Full::kFile};
}

class FullServerTest : public FaultTest, public ::testing::WithParamInterface<Full> {
 protected:
  FullServerTest() {
    std::string name = Query(fmt::format("SELECT DISTINCT tableoid::regclass FROM {}", kTable));
    name.pop_back();
    EXPECT_EQ(name.find('\n'), std::string::npos) << "the rows should be in one partition";
    partition_ = name;
    Query("VACUUM FULL " + partition_);  // No room within.
  }

  void TakeRoom() {
    if (GetParam() == Full::kFile) {
      LimitFiles();
    } else {
      FillFileSystem();
    }
  }
  void GiveRoom() {
    if (GetParam() == Full::kFile) {
      RestartServer(RLIM_INFINITY);
      return;
    }
    Query(fmt::format("ALTER TABLE {} SET TABLESPACE pg_default", partition_));
    Query("DROP TABLESPACE small");
    Require(umount(place().c_str()) == 0);
  }

 private:
  static void Require(bool holds) {
    if (holds) return;
    fmt::print(stderr, "{}\n", std::strerror(errno));
    std::abort();
  }
  std::string place() const { return world_.server().directory() + "/small"; }

  /// The partition moves to a file system of its own, where a file takes what room there is.
  void FillFileSystem() {
    std::filesystem::create_directory(place());
    struct stat owner{};
    const std::string data = world_.server().directory() + "/data";
    Require(stat(data.c_str(), &owner) == 0);
    const std::string options =
        fmt::format("size=16m,mode=700,uid={},gid={}", owner.st_uid, owner.st_gid);
    Require(mount("none", place().c_str(), "tmpfs", 0, options.c_str()) == 0);
    Query(fmt::format("CREATE TABLESPACE small LOCATION '{}'", place()));
    Query(fmt::format("ALTER TABLE {} SET TABLESPACE small", partition_));
    std::ofstream filler(place() + "/filler", std::ios::binary);
    while (filler << std::string(4096, 'x') << std::flush) {
    }
  }

  /// The partition's file may grow by half a page: its write is then cut short, as on a full disk.
  void LimitFiles() {
    // Longer than any other file of the server, by rows that nobody sees.
    Query(fmt::format(
        "BEGIN; INSERT INTO {} (uuid, usage_start, usage_end, report_period_id, pod_labels)"
        " SELECT gen_random_uuid(), '2025-10-01', '2025-10-01', 7, jsonb_build_object('a',"
        " repeat(md5(i::text), 20)) FROM generate_series(1, 8000) AS i; ROLLBACK",
        kTable));
    const int64_t bytes =
        std::stoll(Query(fmt::format("SELECT pg_relation_size('{}')", partition_)));
    ASSERT_GT(bytes, 4 << 20);
    RestartServer(static_cast<rlim_t>(bytes + 4096));
  }
  /// With a limit for the length of any file.
  void RestartServer(rlim_t most_bytes) {
    rlimit ours{};
    Require(getrlimit(RLIMIT_FSIZE, &ours) == 0);
    const rlimit limit{.rlim_cur = std::min(most_bytes, ours.rlim_max), .rlim_max = ours.rlim_max};
    world_.server().Kill();
    Require(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    world_.server().Start();
    Require(setrlimit(RLIMIT_FSIZE, &ours) == 0);
  }

  std::string partition_;
};

TEST_P(FullServerTest, TheRunSaysTemporaryAndLeavesTheDays) {
  TakeRoom();
  const Ended ended = RunToEnd(SummarizeNew(), ClockSpeed(100));
  EXPECT_EQ(ended.exit_code, 75) << ended.output;
  EXPECT_NE(ended.output.find("SQLSTATE 53100"), std::string::npos) << ended.output;
  EXPECT_EQ(CountNewDays(), 0);
  ExpectNoLocks();
  GiveRoom();
  ExpectNextRunIsRight();
}

INSTANTIATE_TEST_SUITE_P(Ways, FullServerTest, ::testing::ValuesIn(WaysToBeFull()));

}  // namespace
}  // namespace matome::postgres_faults
