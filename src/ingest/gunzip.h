// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "ingest/byte_source.h"

namespace matome::ingest {

/// How much may come out of a packed stream.
struct UnpackLimits {
  int64_t bytes = INT64_MAX;
  int64_t ratio = INT64_MAX;     // Unpacked to packed,
  int64_t ratio_free_bytes = 0;  // once more than this came out.
};

/// Whether bytes begin as gzip does.
bool IsGzip(std::span<const char> front);

/// Unpacks gzip: any number of members, zeros after them, each member's checksum and length
/// verified. Errors are kBadInput, and those of the source.
class Gunzip final : public ByteSource {
 public:
  /// The state at some place of the unpacked bytes, from which unpacking can go on.
  class Point;

  Gunzip(std::unique_ptr<ByteSource> packed, const UnpackLimits& limits);
  /// Goes on from a point: `packed` begins at its packed offset.
  Gunzip(std::unique_ptr<ByteSource> packed, const UnpackLimits& limits, const Point& point);
  ~Gunzip() override;
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  base::Result<size_t> Read(std::span<char> out) override;

  int64_t packed_bytes() const { return packed_bytes_; }
  int64_t unpacked_bytes() const { return unpacked_bytes_; }

  /// Null if memory is short.
  std::shared_ptr<const Point> Remember() const;

 private:
  class Inflater;

  base::Status CheckLimits() const;
  base::Result<bool> NextMember();
  base::Status Refill();

  std::unique_ptr<ByteSource> packed_;
  UnpackLimits limits_;
  std::unique_ptr<Inflater> inflater_;
  std::vector<char> block_;
  std::span<const char> left_;  // Of the block.
  bool packed_ended_ = false;
  bool in_member_ = false;
  bool ended_ = false;
  int64_t packed_bytes_ = 0;  // That were used up.
  int64_t unpacked_bytes_ = 0;
};

class Gunzip::Point {
 public:
  ~Point();
  Point(const Point&) = delete;
  Point& operator=(const Point&) = delete;

  int64_t packed_offset() const { return packed_offset_; }
  int64_t unpacked_offset() const { return unpacked_offset_; }

 private:
  friend class Gunzip;
  Point();

  std::unique_ptr<Inflater> inflater_;
  bool in_member_ = false;
  int64_t packed_offset_ = 0;
  int64_t unpacked_offset_ = 0;
};

}  // namespace matome::ingest
