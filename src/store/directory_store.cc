// SPDX-License-Identifier: Apache-2.0
#include "store/directory_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "store/durable_file.h"
#include "store/local_object.h"

namespace matome::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemporarySuffix = ".tmp";

bool IsTemporary(std::string_view name) {
  return name.starts_with('.') && name.ends_with(kTemporarySuffix);
}

bool IsAbsence(int error) { return error == ENOENT || error == ENOTDIR; }

/// A key in its two parts; the directory's is empty or ends in '/'.
std::pair<std::string_view, std::string_view> Split(std::string_view key) {
  const size_t name = key.rfind('/') + 1;  // 0 where there is none.
  return {key.substr(0, name), key.substr(name)};
}

/// Adds the files below a directory to `objects`, until there are `limit`. What goes away meanwhile
/// is as good as never there.
base::Status Collect(const std::string& directory, const std::string& prefix, size_t limit,
                     std::vector<ObjectRef>& objects) {
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end;
       !error && entry != end && objects.size() < limit; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (IsTemporary(name)) continue;
    const std::string path = entry->path().string();
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) {
      if (IsAbsence(errno) || errno == ELOOP) continue;
      return WriteError("look at", path, errno);
    }
    if (S_ISDIR(info.st_mode)) {
      MATOME_RETURN_IF_ERROR(Collect(path, prefix + name + "/", limit, objects));
    } else {
      objects.push_back({prefix + name, info.st_size, StampOf(info)});
    }
  }
  if (error && !IsAbsence(error.value())) return WriteError("list", directory, error.value());
  return {};
}

class FileLock final : public Lock {
 public:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() override { ::close(descriptor_); }

  base::Status Check() const override { return {}; }

 private:
  int descriptor_;
};

}  // namespace

DirectoryStore::DirectoryStore(std::string root, std::string_view writer)
    : root_(std::move(root)), temporary_suffix_(fmt::format(".{}{}", writer, kTemporarySuffix)) {}

std::string DirectoryStore::Describe(std::string_view key) const {
  return (fs::path(root_) / key).string();
}

base::Result<std::vector<ObjectRef>> DirectoryStore::List(std::string_view prefix) const {
  return ListSome(prefix, std::numeric_limits<size_t>::max());
}

base::Result<std::vector<ObjectRef>> DirectoryStore::ListSome(std::string_view prefix,
                                                              size_t limit) const {
  std::vector<ObjectRef> objects;
  MATOME_RETURN_IF_ERROR(Collect(Describe(prefix), std::string(prefix), limit, objects));
  std::sort(objects.begin(), objects.end(),
            [](const ObjectRef& left, const ObjectRef& right) { return left.key < right.key; });
  return objects;
}

base::Result<std::vector<std::string>> DirectoryStore::ListDirectories(
    std::string_view prefix) const {
  std::vector<std::string> names;
  const std::string directory = Describe(prefix);
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_directory(ignored)) names.push_back(entry->path().filename().string());
  }
  if (error && !IsAbsence(error.value())) return WriteError("list", directory, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

base::Result<std::unique_ptr<RandomAccessObject>> DirectoryStore::Open(
    const ObjectRef& object) const {
  const std::string path = Describe(object.key);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return ReadError("open", path, errno);
  auto opened = std::make_unique<LocalObject>(descriptor, path);
  struct stat info{};
  if (::fstat(descriptor, &info) != 0) return ReadError("look at", path, errno);
  if (StampOf(info) != object.version)
    return base::InputChanged(path + " changed since it was listed; run again");
  return std::unique_ptr<RandomAccessObject>(std::move(opened));
}

base::Result<std::string> DirectoryStore::Put(const std::string& key, const Produce& produce,
                                              const PutOptions& options) {
  if (options.expected_version)
    return base::Failed(Describe(key) + ": a directory does not compare versions");
  const auto [directory, name] = Split(key);
  const std::string temporary =
      fmt::format(".{}{}", name.substr(0, name.rfind('.')), temporary_suffix_);
  MATOME_ASSIGN_OR_RETURN(auto file, DurableFile::Create(Describe(directory), temporary));
  MATOME_RETURN_IF_ERROR(
      produce([&file](std::span<const uint8_t> bytes) { return file.Write(bytes); }));
  return std::move(file).Commit(std::string(name), options.durable);
}

base::Status DirectoryStore::Remove(const std::string& key) {
  const std::string path = Describe(key);
  if (::unlink(path.c_str()) != 0) {
    if (IsAbsence(errno)) return {};
    return WriteError("remove", path, errno);
  }
  const std::string directory = Describe(Split(key).first);
  MATOME_RETURN_IF_ERROR(SyncDirectory(directory));
  ::rmdir(directory.c_str());  // Only if nothing else is in it.
  return {};
}

base::Result<std::optional<StoredObject>> DirectoryStore::Get(const std::string& key) const {
  const std::string path = Describe(key);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    if (IsAbsence(errno)) return std::optional<StoredObject>();
    return WriteError("open", path, errno);
  }
  const LocalObject file(descriptor, path);
  struct stat info{};
  if (::fstat(descriptor, &info) != 0) return WriteError("look at", path, errno);
  if (!S_ISREG(info.st_mode)) return base::Failed(path + " is not a file");
  StoredObject object{.bytes = std::string(static_cast<size_t>(info.st_size), '\0'),
                      .version = StampOf(info)};
  MATOME_RETURN_IF_ERROR(
      file.ReadAt(0, {reinterpret_cast<uint8_t*>(object.bytes.data()), object.bytes.size()}));
  return std::optional(std::move(object));
}

base::Result<std::optional<std::string>> DirectoryStore::VersionOf(const std::string& key) const {
  const std::string path = Describe(key);
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) {
    if (IsAbsence(errno)) return std::optional<std::string>();
    return WriteError("look at", path, errno);
  }
  return std::optional(StampOf(info));
}

base::Result<std::unique_ptr<Lock>> DirectoryStore::TakeLock(const std::string& key) {
  const std::string directory = Describe(Split(key).first);
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return WriteError("make the directory", directory, error.value());
  const std::string path = Describe(key);
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) return WriteError("open", path, errno);
  auto lock = std::make_unique<FileLock>(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return WriteError("lock", path, errno);
    return base::Status(base::Code::kLocked, path + " is locked");
  }
  return std::unique_ptr<Lock>(std::move(lock));
}

base::Result<bool> DirectoryStore::IsLocked(const std::string& key) const {
  const std::string path = Describe(key);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    if (IsAbsence(errno)) return false;
    return WriteError("open", path, errno);
  }
  const FileLock look(descriptor);
  // A shared lock is refused by the exclusive one of an owner, and others may look at the same
  // time.
  return ::flock(descriptor, LOCK_SH | LOCK_NB) != 0;
}

base::Status DirectoryStore::RemoveLeftovers(std::string_view prefix) {
  const fs::path root(root_);
  const std::string top = Describe(Split(prefix).first);
  std::vector<fs::path> files;
  std::vector<fs::path> directories;
  std::error_code error;
  if (!fs::exists(top, error)) return {};
  for (fs::recursive_directory_iterator entry(top, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const std::string directory =
        entry->path().parent_path().lexically_relative(root).generic_string() + "/";
    std::error_code ignored;
    if (entry->is_directory(ignored)) {
      if ((directory + name + "/").starts_with(prefix)) directories.push_back(entry->path());
    } else if (IsTemporary(name) && (directory + name.substr(1)).starts_with(prefix)) {
      files.push_back(entry->path());
    }
  }
  if (error && !IsAbsence(error.value())) return WriteError("list", top, error.value());
  for (const auto& path : files) {
    fs::remove(path, error);
    if (error) return WriteError("remove", path.string(), error.value());
  }
  // What lies deeper was found later; a directory that is not empty stays.
  std::reverse(directories.begin(), directories.end());
  if (prefix.ends_with('/')) directories.push_back(fs::path(top).parent_path());
  for (const auto& path : directories) ::rmdir(path.c_str());
  return {};
}

}  // namespace matome::store
