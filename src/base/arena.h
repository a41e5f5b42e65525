// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace matome::base {

/// Keeps copies of texts at addresses that never move, and frees them all at once. Not thread-safe.
class Arena {
 public:
  /// The copy lives as long as the arena, and survives moving it.
  std::string_view Copy(std::string_view text) {
    if (text.empty()) return {"", 0};
    if (text.size() > left_) Grow(text.size());
    char* copy = next_;
    std::memcpy(copy, text.data(), text.size());
    next_ += text.size();
    left_ -= text.size();
    return {copy, text.size()};
  }

  size_t allocated_bytes() const { return allocated_bytes_; }

 private:
  static constexpr size_t kBlockBytes = size_t{64} * 1024;

  void Grow(size_t needed) {
    const size_t bytes = std::max(needed, kBlockBytes);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(bytes));
    next_ = blocks_.back().get();
    left_ = bytes;
    allocated_bytes_ += bytes;
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  size_t left_ = 0;
  size_t allocated_bytes_ = 0;
};

}  // namespace matome::base
