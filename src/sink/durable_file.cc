// SPDX-License-Identifier: Apache-2.0
#include "sink/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace matome::sink {

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

base::Status SyncDirectory(const std::string& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return WriteError("open", directory, errno);
  const int failed = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  // Some file systems cannot sync a directory; their renames are as durable as they get.
  if (failed != 0 && failed != EINVAL && failed != ENOTSUP)
    return WriteError("sync", directory, failed);
  return {};
}

base::Result<DurableFile> DurableFile::Create(std::string directory, std::string temporary_name) {
  MATOME_RETURN_IF_ERROR(MakeDirectories(directory));
  std::string path = (std::filesystem::path(directory) / temporary_name).string();
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) return WriteError("create", path, errno);
  return DurableFile(descriptor, std::move(directory), std::move(path));
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

base::Status DurableFile::Rename(const std::string& name) {
  const std::string path = (std::filesystem::path(directory_) / name).string();
  if (::rename(temporary_path_.c_str(), path.c_str()) != 0)
    return WriteError("rename to", path, errno);
  ::close(std::exchange(descriptor_, -1));
  return {};
}

base::Status DurableFile::Commit(const std::string& name) && {
  if (::fsync(descriptor_) != 0) return WriteError("sync", temporary_path_, errno);
  MATOME_RETURN_IF_ERROR(Rename(name));
  return SyncDirectory(directory_);
}

base::Status DurableFile::CommitUnsynced(const std::string& name) && { return Rename(name); }

}  // namespace matome::sink
