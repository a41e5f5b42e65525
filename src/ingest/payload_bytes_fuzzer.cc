// SPDX-License-Identifier: Apache-2.0
// Payload bytes: arbitrary archives must end in a payload or kBadInput. A payload's members are
// compared with what a naive reader of plain tar finds, and are the same whenever they are read.
//
// The first byte chooses what the rest is: gzip, tar whose checksums are put right first, so that
// its headers are worth mutating, or the same packed.

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <sys/mman.h>

#include "ingest/bytes_for_test.h"
#include "ingest/payload_source.h"

namespace matome::ingest {
namespace {

constexpr size_t kBlock = 512;

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

bool IsHeader(std::string_view block) {
  return block.size() == kBlock && block.substr(257, 5) == "ustar";
}

void PutChecksumsRight(std::string& tar) {
  for (size_t at = 0; at + kBlock <= tar.size(); at += kBlock) {
    if (!IsHeader(std::string_view(tar).substr(at, kBlock))) continue;
    std::fill_n(tar.begin() + static_cast<std::ptrdiff_t>(at + 148), 8, ' ');
    unsigned sum = 0;
    for (size_t byte = at; byte < at + kBlock; ++byte) sum += static_cast<unsigned char>(tar[byte]);
    const std::string digits = fmt::format("{:06o}", sum) + std::string(1, '\0');
    tar.replace(at + 148, digits.size(), digits);
  }
}

// The bytes of files by name, or nothing if the archive is more than files one after another.
std::optional<std::map<std::string, std::string>> ReadPlainTar(std::string_view tar) {
  std::map<std::string, std::string> files;
  while (tar.size() >= kBlock && IsHeader(tar.substr(0, kBlock))) {
    const auto header = tar.substr(0, kBlock);
    const auto text = [&](size_t at, size_t size) {
      const auto field = header.substr(at, size);
      return std::string(field.substr(0, field.find('\0')));
    };
    const std::string digits = text(124, 12);
    if (header[156] != '0' || header[345] != '\0' ||
        header.substr(257, 8) != std::string_view("ustar\00000", 8) || digits.size() != 11 ||
        digits.find_first_not_of("01234567") != std::string::npos) {
      return std::nullopt;
    }
    const size_t size = std::stoull(digits, nullptr, 8);
    tar.remove_prefix(kBlock);
    if (size > tar.size()) return std::nullopt;
    files[text(0, 100)] = tar.substr(0, size);
    tar.remove_prefix(std::min((size + kBlock - 1) / kBlock * kBlock, tar.size()));
  }
  return files;
}

std::string Gzip(std::string_view bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    Fail("deflateInit2");
  std::string packed(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) Fail("deflate");
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return packed;
}

// A file in memory, by a path of its own.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : descriptor_(memfd_create("payload", MFD_CLOEXEC)) {
    if (write(descriptor_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
      Fail("write");
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

 private:
  int descriptor_;
};

void Check(std::string_view bytes, const std::optional<std::map<std::string, std::string>>& files) {
  const MemoryFile file(bytes);
  const std::atomic<bool> stop = false;
  PayloadOptions options;
  options.limits = {.members = 100, .bytes = 1 << 20, .ratio = 200, .ratio_free_bytes = 1 << 18};
  const auto payload =
      OpenPayload({.kind = PayloadInput::Kind::kFile, .path = file.path()}, options, stop);
  if (!payload.ok()) {
    if (payload.status().code() != base::Code::kBadInput) Fail(payload.status().message().c_str());
    return;
  }
  for (size_t csv = 0; csv < (*payload)->csvs().size(); ++csv) {
    std::string last;
    for (int time = 0; time < 2; ++time) {
      const auto source = (*payload)->OpenCsv(csv);
      if (!source.ok()) continue;
      const auto all = ReadAll(**source);
      if (!all.ok()) continue;
      if (static_cast<int64_t>(all->size()) > options.limits.bytes) Fail("more than the limit");
      if (time > 0 && *all != last) Fail("other bytes the second time");
      last = *all;
      if (!files || !(*payload)->manifest()) continue;
      const auto found = files->find((*payload)->csvs()[csv].name);
      if (found == files->end() || found->second.starts_with("\x1F\x8B")) continue;
      if (found->second != *all) Fail("other bytes than the archive has");
    }
  }
}

}  // namespace
}  // namespace matome::ingest

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using matome::ingest::Check;
  using matome::ingest::Gzip;
  using matome::ingest::PutChecksumsRight;
  using matome::ingest::ReadPlainTar;
  if (size == 0) return 0;
  std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] % 4 == 0) {
    Check(bytes, std::nullopt);
    return 0;
  }
  PutChecksumsRight(bytes);
  Check(data[0] % 4 == 1 ? bytes : Gzip(bytes), ReadPlainTar(bytes));
  return 0;
}
