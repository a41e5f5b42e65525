// SPDX-License-Identifier: Apache-2.0
#include "ingest/gunzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace matome::ingest {
namespace {

constexpr size_t kBlockBytes = size_t{1} << 16;
constexpr int kGzipOnly = 16 + MAX_WBITS;

base::Status Damaged(std::string_view what) {
  return base::BadInput(fmt::format("damaged: {}", what));
}

}  // namespace

bool IsGzip(std::span<const char> front) {
  return front.size() >= 2 && front[0] == '\x1F' && front[1] == '\x8B';
}

class Gunzip::Inflater {
 public:
  Inflater() { good_ = inflateInit2(&stream, kGzipOnly) == Z_OK; }
  // zlib only reads what it copies from.
  Inflater(const Inflater& other) {
    good_ = other.good_ && inflateCopy(&stream, const_cast<z_stream*>(&other.stream)) == Z_OK;
  }
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (good_) inflateEnd(&stream);
  }

  bool good() const { return good_; }

  z_stream stream{};

 private:
  bool good_ = false;
};

Gunzip::Point::Point() = default;
Gunzip::Point::~Point() = default;

Gunzip::Gunzip(std::unique_ptr<ByteSource> packed, const UnpackLimits& limits)
    : packed_(std::move(packed)),
      limits_(limits),
      inflater_(std::make_unique<Inflater>()),
      block_(kBlockBytes) {}

Gunzip::Gunzip(std::unique_ptr<ByteSource> packed, const UnpackLimits& limits, const Point& point)
    : packed_(std::move(packed)),
      limits_(limits),
      inflater_(std::make_unique<Inflater>(*point.inflater_)),
      block_(kBlockBytes),
      in_member_(point.in_member_),
      packed_bytes_(point.packed_offset_),
      unpacked_bytes_(point.unpacked_offset_) {}

Gunzip::~Gunzip() = default;

std::shared_ptr<const Gunzip::Point> Gunzip::Remember() const {
  auto inflater = std::make_unique<Inflater>(*inflater_);
  if (!inflater->good()) return nullptr;
  const std::shared_ptr<Point> point(new Point);
  point->inflater_ = std::move(inflater);
  point->in_member_ = in_member_;
  point->packed_offset_ = packed_bytes_;
  point->unpacked_offset_ = unpacked_bytes_;
  return point;
}

base::Status Gunzip::CheckLimits() const {
  if (unpacked_bytes_ > limits_.bytes) {
    return base::BadInput(fmt::format(
        "unpacks to more than {} bytes; if it is to be trusted, raise --max-unpacked-bytes",
        limits_.bytes));
  }
  if (unpacked_bytes_ > limits_.ratio_free_bytes &&
      unpacked_bytes_ / std::max<int64_t>(packed_bytes_, 1) >= limits_.ratio) {
    return base::BadInput(
        fmt::format("unpacks to {} times its size or more; if it is to be "
                    "trusted, raise --max-unpack-ratio",
                    limits_.ratio));
  }
  return {};
}

base::Status Gunzip::Refill() {
  if (!left_.empty() || packed_ended_) return {};
  MATOME_ASSIGN_OR_RETURN(const size_t count, packed_->Read(block_));
  left_ = std::span(block_).first(count);
  packed_ended_ = count == 0;
  return {};
}

// Looks for the front of another member. False: there is nothing but zeros.
base::Result<bool> Gunzip::NextMember() {
  while (true) {
    MATOME_RETURN_IF_ERROR(Refill());
    if (left_.empty()) {
      if (unpacked_bytes_ == 0 && packed_bytes_ == 0) return Damaged("it is empty");
      return false;
    }
    // Zeros may follow a member, and precede none.
    if (left_.front() != 0 || packed_bytes_ == 0) break;
    left_ = left_.subspan(1);
    ++packed_bytes_;
  }
  if (packed_bytes_ > 0) inflateReset(&inflater_->stream);
  in_member_ = true;
  return true;
}

base::Result<size_t> Gunzip::Read(std::span<char> out) {
  if (!inflater_->good()) return base::Failed("no memory to unpack with");
  z_stream& stream = inflater_->stream;
  const size_t room = std::min<size_t>(out.size(), std::numeric_limits<uInt>::max());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(room);
  while (!ended_ && stream.avail_out == room) {
    if (!in_member_) {
      MATOME_ASSIGN_OR_RETURN(const bool more, NextMember());
      ended_ = !more;
      continue;
    }
    MATOME_RETURN_IF_ERROR(Refill());
    if (left_.empty()) return Damaged("it ends too early");
    // zlib's input is not const for old programs' sake.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(left_.data()));
    stream.avail_in = static_cast<uInt>(left_.size());
    const int code = inflate(&stream, Z_NO_FLUSH);
    const size_t used = left_.size() - stream.avail_in;
    left_ = left_.subspan(used);
    packed_bytes_ += static_cast<int64_t>(used);
    if (code == Z_STREAM_END) {
      in_member_ = false;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return Damaged(stream.msg == nullptr ? "it is not gzip" : stream.msg);
    }
  }
  const size_t count = room - stream.avail_out;
  unpacked_bytes_ += static_cast<int64_t>(count);
  MATOME_RETURN_IF_ERROR(CheckLimits());
  return count;
}

}  // namespace matome::ingest
