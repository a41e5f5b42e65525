// SPDX-License-Identifier: Apache-2.0
#include "ingest/gunzip.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/archive_for_test.h"
#include "ingest/bytes_for_test.h"

namespace matome::ingest {
namespace {

using ::testing::HasSubstr;

base::Result<std::string> Unpack(std::string packed, const UnpackLimits& limits = {},
                                 size_t most = SIZE_MAX) {
  Gunzip gunzip(std::make_unique<TextSource>(std::move(packed), most), limits);
  return ReadAll(gunzip);
}

std::string SomeText(size_t bytes) {
  std::string text;
  for (uint32_t number = 1; text.size() < bytes; number = number * 1'664'525 + 1'013'904'223)
    text += std::to_string(number);
  text.resize(bytes);
  return text;
}

TEST(GunzipTest, UnpacksMembersAndZerosAfterThem) {
  EXPECT_EQ(*Unpack(Gzip("hello")), "hello");
  EXPECT_EQ(*Unpack(Gzip("")), "");
  EXPECT_EQ(*Unpack(Gzip("a") + Gzip("") + std::string(7, '\0') + Gzip("b") + std::string(9, '\0')),
            "ab");
  const std::string text = SomeText(300'000);
  EXPECT_EQ(*Unpack(Gzip(text), {}, 1), text);
}

TEST(GunzipTest, RefusesDamageAnywhere) {
  const std::string packed = Gzip(SomeText(500));
  for (size_t size = 0; size < packed.size(); ++size) {
    const auto cut = Unpack(packed.substr(0, size));
    ASSERT_FALSE(cut.ok()) << size;
    EXPECT_EQ(cut.status().code(), base::Code::kBadInput);
  }
  // Some bits mean nothing: those of the header's time, and what fills the last byte.
  for (size_t at = 10; at < packed.size(); ++at) {
    std::string flipped = packed;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    const auto unpacked = Unpack(flipped);
    EXPECT_FALSE(unpacked.ok() && *unpacked != SomeText(500)) << at;
  }
  EXPECT_FALSE(Unpack(packed + "x").ok());
  EXPECT_FALSE(Unpack("plain text").ok());
}

TEST(GunzipTest, KeepsToLimits) {
  const std::string packed = Gzip(std::string(1'000'000, 'x'));
  EXPECT_THAT(Unpack(packed, {.bytes = 999'999}).status().message(),
              HasSubstr("more than 999999 bytes"));
  EXPECT_TRUE(Unpack(packed, {.bytes = 1'000'000}).ok());
  EXPECT_THAT(Unpack(packed, {.ratio = 100}).status().message(), HasSubstr("100 times"));
  EXPECT_TRUE(Unpack(packed, {.ratio = 100, .ratio_free_bytes = 1'000'000}).ok());
}

TEST(GunzipTest, GoesOnFromWhereItWas) {
  const std::string text = SomeText(200'000);
  const std::string packed = Gzip(text) + Gzip(text);
  std::vector<std::shared_ptr<const Gunzip::Point>> points;
  {
    Gunzip gunzip(std::make_unique<TextSource>(packed), {});
    std::string block(7001, '\0');
    while (true) {
      points.push_back(gunzip.Remember());
      const auto count = gunzip.Read(block);
      ASSERT_TRUE(count.ok());
      if (*count == 0) break;
    }
  }
  ASSERT_GT(points.size(), 50U);
  for (const auto& point : points) {
    const auto packed_at = static_cast<size_t>(point->packed_offset());
    Gunzip gunzip(std::make_unique<TextSource>(packed.substr(packed_at)), {}, *point);
    EXPECT_EQ(*ReadAll(gunzip),
              (text + text).substr(static_cast<size_t>(point->unpacked_offset())));
  }
}

}  // namespace
}  // namespace matome::ingest
