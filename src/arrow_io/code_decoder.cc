// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cstring>
#include <utility>

#include <parquet/exception.h>

#include "arrow_io/code_decoder_internal.h"

namespace matome::arrow_io {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr int64_t kGroup = 32;  // Codes that are unpacked by straight code: `width` words.

template <int Width, int At>
uint32_t UnpackOne(const uint32_t* words) {
  constexpr int kBit = At * Width;
  constexpr int kWord = kBit / 32;
  constexpr int kShift = kBit % 32;
  constexpr uint32_t kMask = Width == 32 ? ~0U : (1U << Width) - 1;
  uint32_t value = words[kWord] >> kShift;
  if constexpr (kShift + Width > 32) value |= words[kWord + 1] << (32 - kShift);
  return value & kMask;
}

template <int Width>
void UnpackGroup(const uint8_t* bytes, uint32_t* codes) {
  if constexpr (Width == 0) {
    std::fill_n(codes, kGroup, 0U);
  } else {
    uint32_t words[Width];
    std::memcpy(words, bytes, sizeof(words));
    [&]<int... At>(std::integer_sequence<int, At...>) {
      ((codes[At] = UnpackOne<Width, At>(words)), ...);
    }(std::make_integer_sequence<int, kGroup>());
  }
}

using UnpackFn = void (*)(const uint8_t*, uint32_t*);

constexpr auto kUnpackers = []<int... Width>(std::integer_sequence<int, Width...>) {
  return std::array<UnpackFn, sizeof...(Width)>{UnpackGroup<Width>...};
}(std::make_integer_sequence<int, CodeDecoder::kMaxBitWidth + 1>());

}  // namespace

void CodeDecoder::Reset(const uint8_t* begin, const uint8_t* end, int bit_width) {
  if (bit_width > kMaxBitWidth) throw parquet::ParquetException("codes of more than 32 bits");
  at_ = begin;
  end_ = end;
  bit_width_ = bit_width;
  run_left_ = 0;
}

void CodeDecoder::NextRun() {
  uint64_t head = 0;
  for (int shift = 0;; shift += 7) {
    if (at_ == end_ || shift > 28)
      throw parquet::ParquetException("a page with fewer values than it says");
    const uint8_t byte = *at_++;
    head |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) break;
  }
  packed_ = (head & 1) != 0;
  if (packed_) {
    const auto groups = static_cast<int64_t>(head >> 1);
    // A writer may leave out the padding of its last group, so what is there decides.
    const int64_t bytes = std::min(groups * bit_width_, static_cast<int64_t>(end_ - at_));
    run_left_ = bit_width_ == 0 ? groups * 8 : std::min(groups * 8, bytes * 8 / bit_width_);
    packed_begin_ = at_;
    packed_taken_ = 0;
    at_ += bytes;
  } else {
    run_left_ = static_cast<int64_t>(head >> 1);
    const int bytes = (bit_width_ + 7) / 8;
    if (end_ - at_ < bytes)
      throw parquet::ParquetException("a page with fewer values than it says");
    value_ = 0;
    std::memcpy(&value_, at_, static_cast<size_t>(bytes));
    at_ += bytes;
  }
}

const uint32_t* CodeDecoder::Unpack(int64_t count) {
  // Groups of eight begin at whole bytes; codes of the first one that were taken are passed over.
  const int64_t before = packed_taken_ % 8;
  const uint8_t* bytes = packed_begin_ + (packed_taken_ - before) * bit_width_ / 8;
  packed_taken_ += count;
  const auto unpack = kUnpackers[static_cast<size_t>(bit_width_)];
  const int64_t group_bytes = kGroup * bit_width_ / 8;
  for (int64_t done = 0; done < before + count; done += kGroup, bytes += group_bytes) {
    if (end_ - bytes >= group_bytes) {
      unpack(bytes, codes_.data() + done);
    } else {
      std::array<uint8_t, kMaxBitWidth * kGroup / 8> padded = {};
      std::memcpy(padded.data(), bytes, static_cast<size_t>(end_ - bytes));
      unpack(padded.data(), codes_.data() + done);
    }
  }
  return codes_.data() + before;
}

}  // namespace matome::arrow_io
