// SPDX-License-Identifier: Apache-2.0
#include "ingest/archive.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "ingest/printable.h"
#include "ingest/tar_reader.h"

namespace matome::ingest {
namespace {

constexpr size_t kTarBlockBytes = 512;
constexpr size_t kChecksumAt = 148;
constexpr size_t kChecksumBytes = 8;
constexpr size_t kLongestName = 4096;
constexpr size_t kMostPoints = 128;
constexpr int64_t kFirstSpacing = int64_t{4} << 20;

// Reads unpacked bytes and remembers places, farther apart the more there are.
class RememberingGunzip final : public ByteSource {
 public:
  RememberingGunzip(std::unique_ptr<ByteSource> packed, const UnpackLimits& limits,
                    std::vector<std::shared_ptr<const Gunzip::Point>>& points)
      : gunzip_(std::move(packed), limits), points_(points) {
    Remember();
  }

  base::Result<size_t> Read(std::span<char> out) override {
    if (gunzip_.unpacked_bytes() >= next_) Remember();
    return gunzip_.Read(out);
  }

 private:
  void Remember() {
    if (points_.size() == kMostPoints) {
      for (size_t at = 1; at < kMostPoints / 2; ++at) points_[at] = std::move(points_[2 * at]);
      points_.resize(kMostPoints / 2);
      spacing_ *= 2;
    }
    if (auto point = gunzip_.Remember()) points_.push_back(std::move(point));
    next_ = gunzip_.unpacked_bytes() + spacing_;
  }

  Gunzip gunzip_;
  std::vector<std::shared_ptr<const Gunzip::Point>>& points_;
  int64_t spacing_ = kFirstSpacing;
  int64_t next_ = 0;
};

// Tells how much is read, and stops when asked to.
class WatchedSource final : public ByteSource {
 public:
  WatchedSource(std::unique_ptr<ByteSource> source, const std::function<void(int64_t)>& on_progress,
                const std::atomic<bool>& stop)
      : source_(std::move(source)), on_progress_(on_progress), stop_(stop) {}

  base::Result<size_t> Read(std::span<char> out) override {
    if (stop_) return base::Status(base::Code::kInterrupted, "interrupted");
    MATOME_ASSIGN_OR_RETURN(const size_t count, source_->Read(out));
    bytes_ += static_cast<int64_t>(count);
    if (on_progress_) on_progress_(bytes_);
    return count;
  }

 private:
  std::unique_ptr<ByteSource> source_;
  const std::function<void(int64_t)>& on_progress_;
  const std::atomic<bool>& stop_;
  int64_t bytes_ = 0;
};

// Reads no more than some bytes: what a tar archive that is not packed may have in all.
class BoundedSource final : public ByteSource {
 public:
  BoundedSource(std::unique_ptr<ByteSource> source, int64_t most_bytes)
      : source_(std::move(source)), left_(most_bytes), most_bytes_(most_bytes) {}

  base::Result<size_t> Read(std::span<char> out) override {
    MATOME_ASSIGN_OR_RETURN(const size_t count, source_->Read(out));
    left_ -= static_cast<int64_t>(count);
    if (left_ < 0) {
      return base::BadInput(
          fmt::format("has more than {} bytes; if it is to be trusted, raise --max-unpacked-bytes",
                      most_bytes_));
    }
    return count;
  }

 private:
  std::unique_ptr<ByteSource> source_;
  int64_t left_;
  int64_t most_bytes_;
};

// The bytes of one member; the reader stands on it.
class MemberSource final : public ByteSource {
 public:
  explicit MemberSource(std::unique_ptr<TarReader> reader) : reader_(std::move(reader)) {}

  base::Result<size_t> Read(std::span<char> out) override {
    if (left_.empty()) {
      MATOME_ASSIGN_OR_RETURN(left_, reader_->ReadData());
    }
    const size_t count = std::min(out.size(), left_.size());
    std::copy_n(left_.begin(), count, out.begin());
    left_ = left_.subspan(count);
    return count;
  }

 private:
  std::unique_ptr<TarReader> reader_;
  std::span<const char> left_;
};

base::Status CheckEntry(const TarEntry& entry) {
  const std::string_view name = entry.name;
  const auto refuse = [&](std::string_view why) {
    return base::BadInput(
        fmt::format("member {} {}; nothing of it was used", Printable(name), why));
  };
  if (name.size() > kLongestName) return refuse("has a name of absurd length");
  if (entry.kind == TarEntry::Kind::kOther) {
    return refuse("is a link, a device or the like, which no payload has");
  }
  // The folder itself, as programs in Python pack it.
  if (entry.kind == TarEntry::Kind::kFolder && name.find_first_not_of('/') == name.npos) return {};
  if (name.starts_with('/')) return refuse("has an absolute name");
  if (name.find('\\') != std::string_view::npos) return refuse("has '\\' in its name");
  if (name == ".." || name.starts_with("../") || name.ends_with("/..") ||
      name.find("/../") != std::string_view::npos) {
    return refuse("lies outside the archive");
  }
  return {};
}

base::Result<std::string> ReadWhole(TarReader& reader, const TarEntry& entry, int64_t most_bytes) {
  std::string bytes;
  while (true) {
    MATOME_ASSIGN_OR_RETURN(const auto block, reader.ReadData());
    if (block.empty()) return bytes;
    bytes.append(block.data(), block.size());
    if (static_cast<int64_t>(bytes.size()) > most_bytes) {
      return base::BadInput(
          fmt::format("member {} has more than {} bytes", Printable(entry.name), most_bytes));
    }
  }
}

}  // namespace

bool IsTar(std::span<const char> front) {
  if (front.size() < kTarBlockBytes) return false;
  front = front.first(kTarBlockBytes);
  if (std::ranges::all_of(front, [](char byte) { return byte == 0; })) return true;
  const auto field = front.subspan(kChecksumAt, kChecksumBytes);
  int64_t stated = 0;
  size_t digits = 0;
  for (const char byte : field) {
    if (byte == ' ' && digits == 0) continue;
    if (byte < '0' || byte > '7') break;
    stated = stated * 8 + (byte - '0');
    ++digits;
  }
  if (digits == 0) return false;
  // Blanks stand for the sum itself. Old programs took bytes as signed.
  int64_t unsigned_sum = int64_t{' '} * static_cast<int64_t>(kChecksumBytes);
  int64_t signed_sum = unsigned_sum;
  for (size_t at = 0; at < kTarBlockBytes; ++at) {
    if (at >= kChecksumAt && at < kChecksumAt + kChecksumBytes) continue;
    unsigned_sum += static_cast<uint8_t>(front[at]);
    signed_sum += static_cast<int8_t>(front[at]);
  }
  return stated == unsigned_sum || stated == signed_sum;
}

base::Result<Archive> Archive::Read(std::shared_ptr<const InputFile> file,
                                    const ArchiveLimits& limits,
                                    const std::function<bool(std::string_view name)>& keep,
                                    const std::function<void(int64_t)>& on_progress,
                                    const std::atomic<bool>& stop) {
  Archive archive;
  archive.file_ = std::move(file);
  archive.limits_ = limits.unpack;
  std::array<char, 2> front{};
  MATOME_ASSIGN_OR_RETURN(const size_t front_size, archive.file_->ReadAt(0, front));
  archive.is_packed_ = IsGzip(std::span(front).first(front_size));

  std::unique_ptr<ByteSource> bytes = std::make_unique<WatchedSource>(
      std::make_unique<FileSource>(archive.file_), on_progress, stop);
  if (archive.is_packed_) {
    bytes = std::make_unique<RememberingGunzip>(std::move(bytes), limits.unpack, archive.points_);
  } else {
    bytes = std::make_unique<BoundedSource>(std::move(bytes), limits.unpack.bytes);
  }
  MATOME_ASSIGN_OR_RETURN(const auto reader, TarReader::Open(std::move(bytes)));
  for (int64_t count = 1;; ++count) {
    MATOME_ASSIGN_OR_RETURN(auto entry, reader->Next());
    if (!entry) break;
    if (count > limits.members) {
      return base::BadInput(fmt::format(
          "has more than {} members; if it is to be trusted, raise --max-members", limits.members));
    }
    MATOME_RETURN_IF_ERROR(CheckEntry(*entry));
    if (entry->kind == TarEntry::Kind::kFolder) continue;
    if (keep(entry->name)) {
      MATOME_ASSIGN_OR_RETURN(auto kept, ReadWhole(*reader, *entry, limits.kept_bytes));
      archive.kept_ = Kept{entry->name, std::move(kept)};
    }
    archive.members_.push_back({std::move(entry->name), entry->size_bytes, entry->header_offset});
  }
  MATOME_RETURN_IF_ERROR(reader->ReadToEnd());
  return archive;
}

base::Result<std::unique_ptr<ByteSource>> Archive::UnpackedFrom(int64_t offset) const {
  if (!is_packed_) {
    return std::unique_ptr<ByteSource>(std::make_unique<FileSource>(file_, offset));
  }
  const auto after = std::ranges::upper_bound(
      points_, offset, {}, [](const auto& point) { return point->unpacked_offset(); });
  std::unique_ptr<Gunzip> unpacked;
  if (after == points_.begin()) {
    unpacked = std::make_unique<Gunzip>(std::make_unique<FileSource>(file_), limits_);
  } else {
    const Gunzip::Point& point = **std::prev(after);
    unpacked = std::make_unique<Gunzip>(std::make_unique<FileSource>(file_, point.packed_offset()),
                                        limits_, point);
  }
  std::vector<char> passed_over(size_t{1} << 16);
  while (unpacked->unpacked_bytes() < offset) {
    const auto wanted = std::min<int64_t>(offset - unpacked->unpacked_bytes(),
                                          static_cast<int64_t>(passed_over.size()));
    MATOME_ASSIGN_OR_RETURN(
        const size_t count,
        unpacked->Read(std::span(passed_over).first(static_cast<size_t>(wanted))));
    if (count == 0) return base::BadInput("damaged: it ends too early");
  }
  return std::unique_ptr<ByteSource>(std::move(unpacked));
}

base::Result<std::unique_ptr<ByteSource>> Archive::Open(const ArchiveMember& member) const {
  MATOME_ASSIGN_OR_RETURN(auto bytes, UnpackedFrom(member.header_offset));
  MATOME_ASSIGN_OR_RETURN(auto reader, TarReader::Open(std::move(bytes)));
  MATOME_ASSIGN_OR_RETURN(const auto entry, reader->Next());
  if (!entry || entry->name != member.name || entry->size_bytes != member.size_bytes) {
    return base::BadInput(
        fmt::format("member {} cannot be read without those before it", Printable(member.name)));
  }
  return std::unique_ptr<ByteSource>(std::make_unique<MemberSource>(std::move(reader)));
}

}  // namespace matome::ingest
