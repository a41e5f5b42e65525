// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/status.h"
#include "ingest/byte_source.h"

namespace matome::ingest {

/// Hands out a text, at most `most` bytes at a time.
class TextSource final : public ByteSource {
 public:
  explicit TextSource(std::string text, size_t most = SIZE_MAX)
      : text_(std::move(text)), most_(most) {}

  base::Result<size_t> Read(std::span<char> out) override {
    const size_t count = std::min({out.size(), most_, text_.size() - used_});
    std::copy_n(text_.data() + used_, count, out.data());
    used_ += count;
    return count;
  }

 private:
  std::string text_;
  size_t most_;
  size_t used_ = 0;
};

/// All that a source has, or its error.
inline base::Result<std::string> ReadAll(ByteSource& source) {
  std::string all;
  std::string block(4096, '\0');
  while (true) {
    MATOME_ASSIGN_OR_RETURN(const size_t count, source.Read(block));
    if (count == 0) return all;
    all.append(block, 0, count);
  }
}

}  // namespace matome::ingest
