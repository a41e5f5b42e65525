// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include <sys/mman.h>

namespace matome::base {

/// Bytes that come from the kernel and go back to it at once: for large ones that one thread fills
/// and another gives up, which leaves the C library's allocator with a heap for each thread, none
/// of them full. Begins as zeros.
class Pages {
 public:
  Pages() = default;
  /// Empty where memory is short.
  explicit Pages(int64_t bytes) {
    void* const data = ::mmap(nullptr, static_cast<size_t>(bytes), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data != MAP_FAILED) bytes_ = {static_cast<uint8_t*>(data), static_cast<size_t>(bytes)};
  }
  Pages(Pages&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Pages& operator=(Pages&& other) noexcept {
    Release();
    bytes_ = std::exchange(other.bytes_, {});
    return *this;
  }
  ~Pages() { Release(); }

  bool empty() const { return bytes_.empty(); }
  std::span<uint8_t> bytes() { return bytes_; }
  std::span<const uint8_t> bytes() const { return bytes_; }

 private:
  void Release() {
    if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
    bytes_ = {};
  }

  std::span<uint8_t> bytes_;
};

}  // namespace matome::base
