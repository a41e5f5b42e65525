// SPDX-License-Identifier: Apache-2.0
#include <random>
#include <vector>

#include <gtest/gtest.h>
#include <parquet/exception.h>

#include "arrow_io/code_decoder_internal.h"

namespace matome::arrow_io {
namespace {

using Values = std::vector<uint32_t>;

void AppendVarint(uint64_t value, std::vector<uint8_t>& out) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<uint8_t>(value | 0x80));
  out.push_back(static_cast<uint8_t>(value));
}

void AppendRun(uint32_t code, uint64_t count, int width, std::vector<uint8_t>& out) {
  AppendVarint(count << 1, out);
  for (int byte = 0; byte < (width + 7) / 8; ++byte)
    out.push_back(static_cast<uint8_t>(code >> (8 * byte)));
}

/// Bit by bit. The last group is padded with ones, which must not come out.
void AppendPacked(const Values& codes, int width, std::vector<uint8_t>& out) {
  const size_t groups = (codes.size() + 7) / 8;
  AppendVarint(groups << 1 | 1, out);
  std::vector<uint8_t> bytes(groups * static_cast<size_t>(width), 0);
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const size_t code = bit / static_cast<size_t>(width);
    const bool set =
        code >= codes.size() || (codes[code] >> (bit % static_cast<size_t>(width)) & 1) != 0;
    if (set) bytes[bit / 8] = static_cast<uint8_t>(bytes[bit / 8] | 1U << (bit % 8));
  }
  out.insert(out.end(), bytes.begin(), bytes.end());
}

struct Collect {
  Values codes;

  void Repeat(uint32_t code, int64_t count) {
    codes.insert(codes.end(), static_cast<size_t>(count), code);
  }
  void Codes(const uint32_t* first, int64_t count) {
    EXPECT_LE(count, CodeDecoder::kChunk);
    codes.insert(codes.end(), first, first + count);
  }
};

Values DecodeAll(const std::vector<uint8_t>& bytes, int width, int64_t count, int64_t step) {
  CodeDecoder decoder;
  decoder.Reset(bytes.data(), bytes.data() + bytes.size(), width);
  Collect collect;
  for (int64_t done = 0; done < count; done += step)
    decoder.Decode(std::min(step, count - done), collect);
  return collect.codes;
}

TEST(CodeDecoder, DecodesEveryWidthInAnySteps) {
  std::mt19937_64 random(7);
  for (int width = 0; width <= CodeDecoder::kMaxBitWidth; ++width) {
    const uint64_t limit = uint64_t{1} << width;
    Values expected;
    std::vector<uint8_t> bytes;
    for (int part = 0; part < 30; ++part) {
      if (random() % 2 == 0) {
        const auto code = static_cast<uint32_t>(random() % limit);
        const size_t count = 1 + random() % 600;
        AppendRun(code, count, width, bytes);
        expected.insert(expected.end(), count, code);
      } else if (width > 0) {
        Values codes(8 * (1 + random() % 80));
        for (auto& code : codes) code = static_cast<uint32_t>(random() % limit);
        AppendPacked(codes, width, bytes);
        expected.insert(expected.end(), codes.begin(), codes.end());
      }
    }
    // What is left of the last group is padding.
    const Values last(3, static_cast<uint32_t>(limit - 1));
    if (width > 0) {
      AppendPacked(last, width, bytes);
      expected.insert(expected.end(), last.begin(), last.end());
    }
    for (const int64_t step : {1, 3, 8, 31, 1024, 1'000'000}) {
      SCOPED_TRACE(::testing::Message() << "width " << width << " step " << step);
      const auto count = static_cast<int64_t>(expected.size());
      ASSERT_EQ(DecodeAll(bytes, width, count, step), expected);
    }
  }
}

TEST(CodeDecoder, ThePaddingOfTheLastGroupMayBeMissing) {
  const Values codes = {1, 2, 3, 4, 5};
  std::vector<uint8_t> bytes;
  AppendPacked(codes, 9, bytes);
  bytes.resize(bytes.size() - 3);  // 9 bytes for 8 codes; 5 codes need 6.
  EXPECT_EQ(DecodeAll(bytes, 9, 5, 5), codes);
}

TEST(CodeDecoder, FewerCodesThanAskedForIsAnError) {
  std::vector<uint8_t> bytes;
  AppendRun(5, 10, 3, bytes);
  AppendPacked({1, 2, 3, 4, 5, 6, 7, 0}, 3, bytes);
  EXPECT_EQ(DecodeAll(bytes, 3, 18, 18).size(), 18U);
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_THROW(DecodeAll(cut, 3, 18, 18), parquet::ParquetException) << size;
  }
  EXPECT_THROW(DecodeAll(bytes, 3, 19, 19), parquet::ParquetException);
  EXPECT_THROW(DecodeAll({}, 0, 1, 1), parquet::ParquetException);
  EXPECT_THROW(DecodeAll(bytes, 33, 1, 1), parquet::ParquetException);
}

}  // namespace
}  // namespace matome::arrow_io
