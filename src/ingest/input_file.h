// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <sys/stat.h>

#include "base/status.h"
#include "ingest/byte_source.h"

namespace matome::ingest {

/// A file that is read at any place. What cannot be read twice, such as standard input, is copied
/// into a temporary file without a name first. Thread-safe.
class InputFile {
 public:
  /// kUsage if there is no such file, or it cannot be read. Copying stops with kBadInput beyond
  /// `most_bytes`, and with kInterrupted once `stop` is true.
  static base::Result<std::shared_ptr<const InputFile>> Open(const std::string& path,
                                                             int64_t most_bytes,
                                                             const std::atomic<bool>& stop);
  static base::Result<std::shared_ptr<const InputFile>> CopyStandardInput(
      int64_t most_bytes, const std::atomic<bool>& stop);

  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  /// For messages.
  const std::string& name() const { return name_; }
  int64_t size_bytes() const { return stat_.st_size; }

  /// Fills the front of `out` with what stands at `offset`; 0 at the end. kInputChanged if the file
  /// is no longer what it was when it was opened.
  base::Result<size_t> ReadAt(int64_t offset, std::span<char> out) const;

 private:
  InputFile(std::string name, int descriptor) : name_(std::move(name)), descriptor_(descriptor) {}

  static base::Result<std::shared_ptr<const InputFile>> CopyOf(const InputFile& stream,
                                                               int64_t most_bytes,
                                                               const std::atomic<bool>& stop);

  std::string name_;
  int descriptor_ = -1;
  struct stat stat_{};
  bool owned_ = true;  // False: the descriptor stays open.
};

/// Reads a file from some place to its end.
class FileSource final : public ByteSource {
 public:
  explicit FileSource(std::shared_ptr<const InputFile> file, int64_t offset = 0)
      : file_(std::move(file)), offset_(offset) {}

  base::Result<size_t> Read(std::span<char> out) override {
    MATOME_ASSIGN_OR_RETURN(const size_t count, file_->ReadAt(offset_, out));
    offset_ += static_cast<int64_t>(count);
    return count;
  }

 private:
  std::shared_ptr<const InputFile> file_;
  int64_t offset_;
};

}  // namespace matome::ingest
