// SPDX-License-Identifier: Apache-2.0
#include "ingest/archive_for_test.h"

#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace matome::ingest {
namespace {

constexpr size_t kTarBlock = 512;

}  // namespace

std::string TarMember(std::string_view name, std::string_view bytes, char type,
                      std::string_view link) {
  std::string header(kTarBlock, '\0');
  const auto put = [&header](size_t at, std::string_view text) {
    std::ranges::copy(text, header.begin() + static_cast<std::ptrdiff_t>(at));
  };
  put(0, name.substr(0, 100));
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, fmt::format("{:011o}", bytes.size()));
  put(136, "00000000000");
  put(148, "        ");
  put(156, std::string_view(&type, 1));
  put(157, link.substr(0, 100));
  put(257, std::string_view("ustar\00000", 8));
  unsigned sum = 0;
  for (const char byte : header) sum += static_cast<unsigned char>(byte);
  put(148, fmt::format("{:06o}", sum) + std::string(1, '\0') + " ");
  std::string member = header;
  member += bytes;
  member.resize((member.size() + kTarBlock - 1) / kTarBlock * kTarBlock, '\0');
  return member;
}

std::string TarEnd() { return std::string(2 * kTarBlock, '\0'); }

std::string Gzip(std::string_view bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8,
                         Z_DEFAULT_STRATEGY),
            Z_OK);
  std::string packed(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return packed;
}

FolderForTest::FolderForTest() {
  path_ = (std::filesystem::temp_directory_path() / "matome-ingest-XXXXXX").string();
  EXPECT_NE(mkdtemp(path_.data()), nullptr);
}

FolderForTest::~FolderForTest() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string FolderForTest::Write(const std::string& name, std::string_view bytes) const {
  const std::string path = path_ + "/" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

}  // namespace matome::ingest
