// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "ingest/archive_library.h"
#include "ingest/byte_source.h"

namespace matome::ingest {

/// What a tar archive says of a member.
struct TarEntry {
  enum class Kind : uint8_t { kFile, kFolder, kOther };
  std::string name;
  Kind kind = Kind::kOther;  // kOther: links, devices, and whatever else is not plain.
  int64_t size_bytes = 0;
  int64_t header_offset = 0;  // From the front of the source.
};

/// Reads a tar archive from front to back with libarchive. Errors are kBadInput, and those of the
/// source.
class TarReader {
 public:
  static base::Result<std::unique_ptr<TarReader>> Open(std::unique_ptr<ByteSource> source);
  ~TarReader();
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;

  /// The next member; nothing at the end of the archive.
  base::Result<std::optional<TarEntry>> Next();
  /// More of the member's bytes, valid until the next call; empty at its end.
  base::Result<std::span<const char>> ReadData();
  /// Reads what comes after the end of the archive.
  base::Status ReadToEnd();

 private:
  explicit TarReader(const ArchiveLibrary& library, std::unique_ptr<ByteSource> source);

  static la_ssize_t ReadBlock(archive* archive, void* reader, const void** block);
  base::Status Error(std::string_view what) const;

  const ArchiveLibrary& library_;
  std::unique_ptr<ByteSource> source_;
  std::vector<char> block_;
  base::Status source_status_;
  archive* archive_ = nullptr;
  int64_t data_offset_ = 0;  // Within the member.
};

}  // namespace matome::ingest
