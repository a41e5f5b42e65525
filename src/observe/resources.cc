// SPDX-License-Identifier: Apache-2.0
#include "observe/resources.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string_view>
#include <vector>

namespace matome::observe {
namespace {

// Version 1 shows "no limit" as the largest multiple of a page.
constexpr int64_t kNoLimitBytes = int64_t{1} << 60;

std::optional<std::string> ReadSmallFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

std::optional<int64_t> ParseLeadingInteger(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return std::nullopt;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data() + start, text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

std::optional<int64_t> ReadInteger(const std::string& path) {
  const auto text = ReadSmallFile(path);
  return text ? ParseLeadingInteger(*text) : std::nullopt;
}

int64_t StatusBytes(std::string_view key) {
  const auto text = ReadSmallFile("/proc/self/status");
  if (!text) return 0;
  const size_t at = text->find(key);
  if (at == std::string::npos) return 0;
  return ParseLeadingInteger(std::string_view(*text).substr(at + key.size())).value_or(0) * 1024;
}

/// The folder of `controller` (empty: version 2) that /proc/self/cgroup names, and all above it up
/// to the mount.
std::vector<std::string> GroupFolders(const SystemRoots& roots, std::string_view controller) {
  const std::string mount =
      controller.empty() ? roots.cgroup : roots.cgroup + "/" + std::string(controller);
  std::string group = "/";
  std::istringstream lines(ReadSmallFile(roots.proc + "/self/cgroup").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const bool matches =
        controller.empty()
            ? controllers == ",,"
            : controllers.find("," + std::string(controller) + ",") != std::string::npos;
    if (matches) group = line.substr(second + 1);
  }
  if (!group.starts_with('/')) group = "/";
  std::vector<std::string> folders;
  // In a container the group's path may be one of the host, which is not mounted: then only the
  // mount is there.
  while (group.size() > 1) {
    folders.push_back(mount + group);
    group.resize(group.rfind('/'));
  }
  folders.push_back(mount);
  return folders;
}

template <typename T>
void KeepSmaller(std::optional<T> value, std::optional<T>& smallest) {
  if (value && (!smallest || *value < *smallest)) smallest = value;
}

}  // namespace

int64_t CurrentResidentBytes() { return StatusBytes("VmRSS:"); }

int64_t PeakResidentBytes() { return StatusBytes("VmHWM:"); }

std::optional<int64_t> CgroupMemoryLimitBytes(const SystemRoots& roots) {
  std::optional<int64_t> smallest;
  for (const auto& folder : GroupFolders(roots, "")) {
    KeepSmaller(ReadInteger(folder + "/memory.max"), smallest);
  }
  for (const auto& folder : GroupFolders(roots, "memory")) {
    KeepSmaller(ReadInteger(folder + "/memory.limit_in_bytes"), smallest);
  }
  if (smallest && *smallest >= kNoLimitBytes) return std::nullopt;
  return smallest;
}

std::optional<double> CgroupCpuQuota(const SystemRoots& roots) {
  std::optional<double> smallest;
  for (const auto& folder : GroupFolders(roots, "")) {
    const auto text = ReadSmallFile(folder + "/cpu.max");
    if (!text) continue;
    const auto quota = ParseLeadingInteger(*text);  // "max" stands for none.
    const size_t space = text->find(' ');
    if (!quota || space == std::string::npos) continue;
    const auto period = ParseLeadingInteger(std::string_view(*text).substr(space));
    if (!period || *period <= 0) continue;
    KeepSmaller(std::optional(static_cast<double>(*quota) / static_cast<double>(*period)),
                smallest);
  }
  for (const auto& folder : GroupFolders(roots, "cpu")) {
    const auto quota = ReadInteger(folder + "/cpu.cfs_quota_us");
    const auto period = ReadInteger(folder + "/cpu.cfs_period_us");
    if (!quota || *quota <= 0 || !period || *period <= 0) continue;
    KeepSmaller(std::optional(static_cast<double>(*quota) / static_cast<double>(*period)),
                smallest);
  }
  return smallest;
}

int UsableCores(const SystemRoots& roots) {
  cpu_set_t set;
  CPU_ZERO(&set);
  int cores = 1;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = CPU_COUNT(&set);
  if (const auto quota = CgroupCpuQuota(roots)) {
    cores = std::min(cores, static_cast<int>(std::ceil(std::min(*quota, 1e6))));
  }
  return std::max(cores, 1);
}

}  // namespace matome::observe
