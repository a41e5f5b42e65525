// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "base/status.h"

namespace matome::sink {

/// A file that comes into being whole or not at all: written beside its place, synced, renamed over
/// it. Destroying it before Commit() removes what was written.
class DurableFile {
 public:
  /// Makes `directory` if need be. `temporary_name` is where it is written, within it.
  static base::Result<DurableFile> Create(std::string directory, std::string temporary_name);
  DurableFile(DurableFile&& other) noexcept;
  DurableFile& operator=(DurableFile&&) = delete;
  ~DurableFile();

  base::Status Write(std::span<const uint8_t> bytes);
  /// Puts the file at `name` in the directory; on success it is there for good.
  base::Status Commit(const std::string& name) &&;
  /// The same without waiting for the disk: after a power cut the file may be the old one, or
  /// damaged.
  base::Status CommitUnsynced(const std::string& name) &&;

 private:
  base::Status Rename(const std::string& name);

  DurableFile(int descriptor, std::string directory, std::string temporary_path)
      : descriptor_(descriptor),
        directory_(std::move(directory)),
        temporary_path_(std::move(temporary_path)) {}

  int descriptor_;
  std::string directory_;
  std::string temporary_path_;
};

/// Makes names of a directory that were added, replaced or removed durable.
base::Status SyncDirectory(const std::string& directory);

/// An error of the operating system, with what was tried, and advice where there is one.
base::Status WriteError(std::string_view what, std::string_view path, int error);

}  // namespace matome::sink
