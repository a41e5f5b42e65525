// SPDX-License-Identifier: Apache-2.0
#include "store/local_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <fmt/format.h>
#include <sys/stat.h>

#include "store/local_object.h"

namespace matome::store {
namespace {

namespace fs = std::filesystem;

std::string VersionOf(const struct stat& info) {
  return fmt::format("{}.{:09}-{}", info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_ino);
}

}  // namespace

base::Result<LocalStore> LocalStore::Make(std::string root) {
  std::error_code error;
  const fs::file_status status = fs::status(root, error);
  if (!fs::exists(status)) {
    return base::Usage(
        fmt::format("the lake {} does not exist; name the directory that holds "
                    "data/parquet/ with --input",
                    root));
  }
  if (!fs::is_directory(status)) {
    return base::Usage(fmt::format("the lake {} is not a directory", root));
  }
  return LocalStore(std::move(root));
}

std::string LocalStore::Describe(std::string_view key) const {
  return (fs::path(root_) / key).string();
}

base::Result<std::vector<ObjectRef>> LocalStore::List(std::string_view prefix) const {
  std::vector<ObjectRef> objects;
  const std::string directory = Describe(prefix);
  std::error_code error;
  if (!fs::exists(directory, error)) return objects;
  auto entry = fs::recursive_directory_iterator(
      directory, fs::directory_options::follow_directory_symlink, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    struct stat info{};
    const std::string path = entry->path().string();
    if (::stat(path.c_str(), &info) != 0) {
      if (errno == ENOENT) continue;  // Gone since the directory was read, or a dangling link.
      return ReadError("look at", path, errno);
    }
    if (S_ISDIR(info.st_mode)) continue;
    objects.push_back(
        {std::string(prefix) + entry->path().lexically_relative(directory).generic_string(),
         info.st_size, VersionOf(info)});
  }
  if (error) return ReadError("list", directory, error.value());
  std::sort(objects.begin(), objects.end(),
            [](const ObjectRef& left, const ObjectRef& right) { return left.key < right.key; });
  return objects;
}

base::Result<std::vector<std::string>> LocalStore::ListDirectories(std::string_view prefix) const {
  std::vector<std::string> names;
  const std::string directory = Describe(prefix);
  std::error_code error;
  if (!fs::exists(directory, error)) return names;
  auto entry = fs::directory_iterator(directory, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_directory(ignored)) names.push_back(entry->path().filename().string());
  }
  if (error) return ReadError("list", directory, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

base::Result<std::unique_ptr<RandomAccessObject>> LocalStore::Open(const ObjectRef& object) const {
  const std::string path = Describe(object.key);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return ReadError("open", path, errno);
  auto opened = std::make_unique<LocalObject>(descriptor, path);
  struct stat info{};
  if (::fstat(descriptor, &info) != 0) return ReadError("look at", path, errno);
  if (info.st_size != object.size_bytes || VersionOf(info) != object.version) {
    return base::InputChanged(path + " changed since the lake was listed; run again");
  }
  return std::unique_ptr<RandomAccessObject>(std::move(opened));
}

}  // namespace matome::store
