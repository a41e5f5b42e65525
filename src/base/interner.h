// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "base/arena.h"
#include "base/hash.h"

namespace matome::base {

/// A dense number for one distinct text, known only to the interner that gave it out. 0 stands for
/// NULL.
using TextId = uint32_t;
inline constexpr TextId kNullText = 0;

/// Keeps each distinct text once. Views live as long as the interner, and survive moving it. Not
/// thread-safe.
class Interner {
 public:
  Interner() { texts_.emplace_back(); }

  TextId Intern(std::string_view text) {
    if (auto found = ids_.find(text); found != ids_.end()) return found->second;
    const auto id = static_cast<TextId>(texts_.size());
    const std::string_view copy = arena_.Copy(text);
    texts_.push_back(copy);
    ids_.emplace(copy, id);
    return id;
  }

  /// The id of a text already interned, or kNullText.
  TextId Find(std::string_view text) const {
    const auto found = ids_.find(text);
    return found == ids_.end() ? kNullText : found->second;
  }

  std::string_view text(TextId id) const { return texts_[id]; }

  /// All texts by id; the first entry stands for NULL and is empty.
  const std::vector<std::string_view>& texts() const { return texts_; }

  /// One more than the largest id given out.
  size_t size() const { return texts_.size(); }

  size_t allocated_bytes() const {
    return arena_.allocated_bytes() + texts_.capacity() * sizeof(std::string_view) +
           ids_.capacity() * (sizeof(std::string_view) + sizeof(TextId) + 1);
  }

 private:
  Arena arena_;
  std::vector<std::string_view> texts_;
  absl::flat_hash_map<std::string_view, TextId, TextHash> ids_;
};

}  // namespace matome::base
