// SPDX-License-Identifier: Apache-2.0
#include "ingest/input_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <fmt/format.h>

namespace matome::ingest {
namespace {

constexpr size_t kCopyBytes = size_t{1} << 18;

std::string ErrorText(int error) { return std::strerror(error); }

std::string TemporaryFolder() {
  const char* folder = std::getenv("TMPDIR");
  return folder == nullptr || *folder == '\0' ? "/tmp" : folder;
}

// A file that no folder names, so that nothing is left of it whatever happens.
base::Result<int> OpenUnnamedFile() {
  const std::string folder = TemporaryFolder();
  int descriptor = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor >= 0) return descriptor;
  std::string name = folder + "/matome-XXXXXX";
  descriptor = mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0) {
    return base::Failed(
        fmt::format("cannot make a temporary file in {}: {}; set TMPDIR to a folder "
                    "with room for the input",
                    folder, ErrorText(errno)));
  }
  unlink(name.c_str());
  return descriptor;
}

base::Status WriteAll(int descriptor, std::span<const char> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return base::Failed(fmt::format("cannot copy to a temporary file in {}: {}",
                                      TemporaryFolder(), ErrorText(errno)));
    }
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return {};
}

bool IsSame(const struct stat& left, const struct stat& right) {
  return left.st_size == right.st_size && left.st_mtim.tv_sec == right.st_mtim.tv_sec &&
         left.st_mtim.tv_nsec == right.st_mtim.tv_nsec;
}

}  // namespace

InputFile::~InputFile() {
  if (owned_ && descriptor_ >= 0) close(descriptor_);
}

base::Result<std::shared_ptr<const InputFile>> InputFile::CopyOf(const InputFile& stream,
                                                                 int64_t most_bytes,
                                                                 const std::atomic<bool>& stop) {
  MATOME_ASSIGN_OR_RETURN(const int descriptor, OpenUnnamedFile());
  const std::shared_ptr<InputFile> copy(new InputFile(stream.name_, descriptor));
  std::vector<char> block(kCopyBytes);
  int64_t copied = 0;
  while (true) {
    if (stop) return base::Status(base::Code::kInterrupted, "interrupted");
    const ssize_t count = read(stream.descriptor_, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return base::Usage(fmt::format("cannot read {}: {}", stream.name_, ErrorText(errno)));
    }
    if (count == 0) break;
    copied += count;
    if (copied > most_bytes) {
      return base::BadInput(fmt::format("{}: more than {} bytes", stream.name_, most_bytes));
    }
    MATOME_RETURN_IF_ERROR(
        WriteAll(descriptor, std::span(block).first(static_cast<size_t>(count))));
  }
  if (fstat(descriptor, &copy->stat_) != 0) return base::Failed(ErrorText(errno));
  return std::shared_ptr<const InputFile>(copy);
}

base::Result<std::shared_ptr<const InputFile>> InputFile::Open(const std::string& path,
                                                               int64_t most_bytes,
                                                               const std::atomic<bool>& stop) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return base::Usage(fmt::format("cannot open {}: {}", path, ErrorText(errno)));
  }
  const std::shared_ptr<InputFile> file(new InputFile(path, descriptor));
  if (fstat(descriptor, &file->stat_) != 0) {
    return base::Usage(fmt::format("cannot read {}: {}", path, ErrorText(errno)));
  }
  if (S_ISDIR(file->stat_.st_mode)) return base::Usage(fmt::format("{} is a folder", path));
  if (!S_ISREG(file->stat_.st_mode)) return CopyOf(*file, most_bytes, stop);
  return std::shared_ptr<const InputFile>(file);
}

base::Result<std::shared_ptr<const InputFile>> InputFile::CopyStandardInput(
    int64_t most_bytes, const std::atomic<bool>& stop) {
  InputFile stream("standard input", STDIN_FILENO);
  stream.owned_ = false;
  return CopyOf(stream, most_bytes, stop);
}

base::Result<size_t> InputFile::ReadAt(int64_t offset, std::span<char> out) const {
  struct stat now{};
  if (fstat(descriptor_, &now) != 0 || !IsSame(now, stat_)) {
    return base::InputChanged(fmt::format("{} changed while it was read; run again", name_));
  }
  while (true) {
    const ssize_t count = pread(descriptor_, out.data(), out.size(), offset);
    if (count >= 0) return static_cast<size_t>(count);
    if (errno != EINTR) {
      return base::Usage(fmt::format("cannot read {}: {}", name_, ErrorText(errno)));
    }
  }
}

}  // namespace matome::ingest
