// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace matome::observe {

/// Memory of this process that is resident now, or 0 where the system does not say.
int64_t CurrentResidentBytes();
/// The most memory of this process that was ever resident.
int64_t PeakResidentBytes();

/// Where the kernel shows processes and control groups; tests give folders of their own.
struct SystemRoots {
  std::string proc = "/proc";
  std::string cgroup = "/sys/fs/cgroup";
};

/// The smallest memory limit that the process's control group or one above it sets, of version 1
/// or 2. Absent: none does.
std::optional<int64_t> CgroupMemoryLimitBytes(const SystemRoots& roots = {});

/// The number of cores that the control group's quota comes to, e.g. 1.5. Absent: no quota.
std::optional<double> CgroupCpuQuota(const SystemRoots& roots = {});

/// How many threads are worth starting: the cores this process may run on, or its quota rounded up
/// if that is less. At least 1.
int UsableCores(const SystemRoots& roots = {});

}  // namespace matome::observe
