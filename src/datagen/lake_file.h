// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>

#include "base/status.h"

namespace matome::datagen {

/// A file that appears under its name only when it is whole. An uncommitted one is removed.
class LakeFile {
 public:
  /// Begins a hidden file beside `path`, whose directory must exist.
  static base::Result<LakeFile> Create(const std::string& path);

  LakeFile(LakeFile&&) noexcept = default;
  LakeFile& operator=(LakeFile&&) = delete;
  ~LakeFile();

  base::Status Write(std::span<const uint8_t> bytes);

  /// Puts the file in its place, over an older one. Returns its size in bytes.
  base::Result<int64_t> Commit() &&;

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  LakeFile(std::string path, std::string temporary_path, std::FILE* file)
      : path_(std::move(path)), temporary_path_(std::move(temporary_path)), file_(file) {}

  std::string path_;
  std::string temporary_path_;
  std::unique_ptr<std::FILE, Closer> file_;  // Null once committed or moved from.
  int64_t size_bytes_ = 0;
};

/// Makes a directory and those above it.
base::Status MakeDirectories(const std::string& path);

}  // namespace matome::datagen
