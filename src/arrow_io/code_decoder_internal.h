// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace matome::arrow_io {

/// Decodes Parquet's hybrid of runs and bit-packed integers: dictionary codes and levels.
///
/// Hands out what it finds as it is stored, so that a run costs one call however long it is.
/// Throws parquet::ParquetException where the bytes end too early.
class CodeDecoder {
 public:
  static constexpr int kMaxBitWidth = 32;
  /// The most codes that are handed out at once.
  static constexpr int64_t kChunk = 256;

  /// `bit_width` is at most kMaxBitWidth, else an exception.
  void Reset(const uint8_t* begin, const uint8_t* end, int bit_width);

  /// Decodes the next `count` codes, in order, as calls of sink.Repeat(code, n) and
  /// sink.Codes(const uint32_t*, n) with n at most kChunk.
  template <typename Sink>
  void Decode(int64_t count, Sink& sink) {
    while (count > 0) {
      if (run_left_ == 0) NextRun();
      int64_t n = std::min(count, run_left_);
      if (packed_) {
        n = std::min(n, kChunk);
        sink.Codes(Unpack(n), n);
      } else {
        sink.Repeat(value_, n);
      }
      run_left_ -= n;
      count -= n;
    }
  }

 private:
  void NextRun();
  /// The next `count` codes of a bit-packed run.
  const uint32_t* Unpack(int64_t count);

  const uint8_t* at_ = nullptr;   // Behind the current run.
  const uint8_t* end_ = nullptr;  // Of all bytes.
  int bit_width_ = 0;
  int64_t run_left_ = 0;
  bool packed_ = false;
  uint32_t value_ = 0;                     // Of a run of equal codes.
  const uint8_t* packed_begin_ = nullptr;  // Of a bit-packed run.
  int64_t packed_taken_ = 0;
  std::array<uint32_t, kChunk + 32> codes_;
};

}  // namespace matome::arrow_io
