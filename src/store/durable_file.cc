// SPDX-License-Identifier: Apache-2.0
#include "store/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>

namespace matome::store {

base::Status WriteError(std::string_view what, std::string_view path, int error) {
  std::string_view advice;
  if (error == ENOSPC || error == EDQUOT)
    advice = "; free space and run again: no day is half written";
  if (error == EACCES || error == EPERM || error == EROFS) advice = "; the output must be writable";
  return base::Failed(fmt::format("cannot {} {}: {}{}", what, path, std::strerror(error), advice));
}

namespace {

/// Makes a directory and those above it, their names durable.
base::Status MakeDirectories(const std::filesystem::path& directory) {
  std::error_code error;
  std::vector<std::filesystem::path> missing;
  for (auto each = directory; !each.empty() && !std::filesystem::exists(each, error);
       each = each.parent_path()) {
    missing.push_back(each);
  }
  std::filesystem::create_directories(directory, error);
  if (error) return WriteError("make the directory", directory.string(), error.value());
  for (const auto& made : missing) {
    const auto parent = made.parent_path();
    MATOME_RETURN_IF_ERROR(SyncDirectory(parent.empty() ? "." : parent.string()));
  }
  return {};
}

}  // namespace

std::string StampOf(const struct stat& info) {
  return fmt::format("{}-{}.{:09}", info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

base::Status SyncDirectory(const std::string& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // Another may have removed it since, because nothing was left in it.
  if (descriptor < 0 && errno == ENOENT) return {};
  if (descriptor < 0) return WriteError("open", directory, errno);
  const int failed = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  // Some file systems cannot sync a directory; their renames are as durable as they get.
  if (failed != 0 && failed != EINVAL && failed != ENOTSUP)
    return WriteError("sync", directory, failed);
  return {};
}

base::Result<DurableFile> DurableFile::Create(std::string directory,
                                              const std::string& temporary_name) {
  std::string path = (std::filesystem::path(directory) / temporary_name).string();
  constexpr int kTries = 100;
  for (int tries = 1;; ++tries) {
    MATOME_RETURN_IF_ERROR(MakeDirectories(directory));
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor >= 0) return DurableFile(descriptor, std::move(directory), std::move(path));
    // Who removes the last file of a directory removes the directory, perhaps just now.
    if (errno != ENOENT || tries == kTries) return WriteError("create", path, errno);
  }
}

DurableFile::DurableFile(DurableFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      directory_(std::move(other.directory_)),
      temporary_path_(std::move(other.temporary_path_)) {}

DurableFile::~DurableFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_path_.c_str());
}

base::Status DurableFile::Write(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return WriteError("write", temporary_path_, errno);
    }
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

base::Result<std::string> DurableFile::Commit(const std::string& name, bool durable) && {
  if (durable && ::fsync(descriptor_) != 0) return WriteError("sync", temporary_path_, errno);
  struct stat info{};
  if (::fstat(descriptor_, &info) != 0) return WriteError("look at", temporary_path_, errno);
  const std::string path = (std::filesystem::path(directory_) / name).string();
  if (::rename(temporary_path_.c_str(), path.c_str()) != 0)
    return WriteError("rename to", path, errno);
  ::close(std::exchange(descriptor_, -1));
  if (durable) MATOME_RETURN_IF_ERROR(SyncDirectory(directory_));
  return StampOf(info);
}

}  // namespace matome::store
