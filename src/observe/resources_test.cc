// SPDX-License-Identifier: Apache-2.0
#include "observe/resources.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace matome::observe {
namespace {

namespace fs = std::filesystem;

class Resources : public ::testing::Test {
 protected:
  Resources() {
    std::string name = (fs::temp_directory_path() / "matome-resources-XXXXXX").string();
    root_ = mkdtemp(name.data());
    roots_ = {root_ + "/proc", root_ + "/cgroup"};
  }
  ~Resources() override { fs::remove_all(root_); }

  void Write(const std::string& name, const std::string& text) {
    const fs::path path = fs::path(root_) / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  std::string root_;
  SystemRoots roots_;
};

TEST_F(Resources, KnowsItsOwnMemory) {
  EXPECT_GT(CurrentResidentBytes(), 0);
  EXPECT_GE(PeakResidentBytes(), CurrentResidentBytes() / 2);
}

TEST_F(Resources, WithoutGroupsThereIsNoLimit) {
  EXPECT_EQ(CgroupMemoryLimitBytes(roots_), std::nullopt);
  EXPECT_EQ(CgroupCpuQuota(roots_), std::nullopt);
  EXPECT_GE(UsableCores(roots_), 1);
}

TEST_F(Resources, TakesTheSmallestLimitOfVersionTwo) {
  Write("proc/self/cgroup", "0::/pods/pod1\n");
  Write("cgroup/pods/pod1/memory.max", "max\n");
  Write("cgroup/pods/memory.max", "536870912\n");
  Write("cgroup/memory.max", "1073741824\n");
  Write("cgroup/pods/pod1/cpu.max", "150000 100000\n");
  Write("cgroup/pods/cpu.max", "max 100000\n");
  EXPECT_EQ(CgroupMemoryLimitBytes(roots_), 536870912);
  EXPECT_EQ(CgroupCpuQuota(roots_), 1.5);
  EXPECT_LE(UsableCores(roots_), 2);
}

TEST_F(Resources, UnderstandsVersionOne) {
  Write("proc/self/cgroup", "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n");
  Write("cgroup/memory/docker/abc/memory.limit_in_bytes", "268435456\n");
  Write("cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  Write("cgroup/cpu/docker/abc/cpu.cfs_quota_us", "50000\n");
  Write("cgroup/cpu/docker/abc/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(CgroupMemoryLimitBytes(roots_), 268435456);
  EXPECT_EQ(CgroupCpuQuota(roots_), 0.5);
  EXPECT_EQ(UsableCores(roots_), 1);
}

TEST_F(Resources, TakesVersionOnesLargestNumberForNoLimit) {
  Write("proc/self/cgroup", "5:memory:/\n");
  Write("cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  Write("cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  Write("cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(CgroupMemoryLimitBytes(roots_), std::nullopt);
  EXPECT_EQ(CgroupCpuQuota(roots_), std::nullopt);
}

TEST_F(Resources, FindsTheMountWhenTheGroupsPathIsTheHosts) {
  Write("proc/self/cgroup", "0::/kubepods/besteffort/pod-of-the-host\n");
  Write("cgroup/memory.max", "1000000\n");
  EXPECT_EQ(CgroupMemoryLimitBytes(roots_), 1000000);
}

}  // namespace
}  // namespace matome::observe
