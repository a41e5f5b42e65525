// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "ingest/byte_source.h"
#include "ingest/gunzip.h"
#include "ingest/input_file.h"

namespace matome::ingest {

/// Whether a block begins a tar archive: its checksum is right, or it is the block of zeros that
/// ends one. `front` is up to 512 bytes.
bool IsTar(std::span<const char> front);

struct ArchiveLimits {
  UnpackLimits unpack;
  int64_t members = INT64_MAX;
  int64_t kept_bytes = INT64_MAX;
};

/// A regular file in an archive.
struct ArchiveMember {
  std::string name;  // As it stands there.
  int64_t size_bytes = 0;
  int64_t header_offset = 0;  // In the unpacked bytes.
};

/// A tar archive, packed with gzip or not, that was read from end to end and found sound. Its
/// members can be read in any order: places from which unpacking can go on are remembered on the
/// way.
class Archive {
 public:
  /// Reads all of the archive. Members that keep() picks by name are kept in memory, the last one
  /// if there are several. kBadInput if the archive is damaged, breaks a limit, or has a link, a
  /// device, or a name that leads out of a folder. on_progress (may be empty) is told the packed
  /// bytes read.
  static base::Result<Archive> Read(std::shared_ptr<const InputFile> file,
                                    const ArchiveLimits& limits,
                                    const std::function<bool(std::string_view name)>& keep,
                                    const std::function<void(int64_t)>& on_progress,
                                    const std::atomic<bool>& stop);

  /// In the order of the archive; folders are not among them.
  const std::vector<ArchiveMember>& members() const { return members_; }

  struct Kept {
    std::string name;
    std::string bytes;
  };
  const std::optional<Kept>& kept() const { return kept_; }

  /// Reads a member's bytes. Thread-safe.
  base::Result<std::unique_ptr<ByteSource>> Open(const ArchiveMember& member) const;

 private:
  Archive() = default;

  base::Result<std::unique_ptr<ByteSource>> UnpackedFrom(int64_t offset) const;

  std::shared_ptr<const InputFile> file_;
  bool is_packed_ = false;
  UnpackLimits limits_;
  std::vector<std::shared_ptr<const Gunzip::Point>> points_;  // By place.
  std::vector<ArchiveMember> members_;
  std::optional<Kept> kept_;
};

}  // namespace matome::ingest
