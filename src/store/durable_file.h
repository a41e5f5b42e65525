// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include <sys/stat.h>

#include "base/status.h"

namespace matome::store {

/// A file that comes into being whole or not at all: written beside its place, renamed over it.
/// Destroying it before Commit() removes what was written.
class DurableFile {
 public:
  /// Makes `directory` if need be. `temporary_name` is where it is written, within it.
  static base::Result<DurableFile> Create(std::string directory, const std::string& temporary_name);
  DurableFile(DurableFile&& other) noexcept;
  DurableFile& operator=(DurableFile&&) = delete;
  ~DurableFile();

  base::Status Write(std::span<const uint8_t> bytes);

  /// Puts the file at `name` in the directory and returns its stamp. If `durable`, it is there for
  /// good then; else, after a power cut, the file may be the old one, or damaged.
  base::Result<std::string> Commit(const std::string& name, bool durable) &&;

 private:
  DurableFile(int descriptor, std::string directory, std::string temporary_path)
      : descriptor_(descriptor),
        directory_(std::move(directory)),
        temporary_path_(std::move(temporary_path)) {}

  int descriptor_;
  std::string directory_;
  std::string temporary_path_;
};

/// What identifies a file's content, unless somebody cheats: its size and modification time.
std::string StampOf(const struct stat& info);

/// Makes names of a directory that were added, replaced or removed durable. One that is gone is a
/// success.
base::Status SyncDirectory(const std::string& directory);

/// An error of the operating system, with what was tried, and advice where there is one.
base::Status WriteError(std::string_view what, std::string_view path, int error);

}  // namespace matome::store
