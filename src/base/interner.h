// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/hash.h"

namespace matome::base {

/// A dense number for one distinct text, known only to the interner that gave it out. 0 stands for
/// NULL.
using TextId = uint32_t;
inline constexpr TextId kNullText = 0;

/// Keeps each distinct text once. Views live as long as the interner, and survive moving it. Not
/// thread-safe.
///
/// Open addressing with linear probing over 8-byte slots, at most half full: a look-up waits for
/// memory, so what it touches is small, and FindAll() and InternAll() wait for many texts at once.
class Interner {
 public:
  Interner() : texts_(1), slots_(kFirstSlots) {}

  TextId Intern(std::string_view text) { return Intern(text, Hash(text)); }

  /// The id of a text already interned, or kNullText.
  TextId Find(std::string_view text) const { return slots_[SlotOf(text, Hash(text))].id; }

  /// Fills `ids` with the ids of `texts`, as Intern() gives them.
  void InternAll(std::span<const std::string_view> texts, TextId* ids) {
    InStrides(texts, [&](size_t at, uint32_t hash) { ids[at] = Intern(texts[at], hash); });
  }
  /// The same as Find() gives them.
  void FindAll(std::span<const std::string_view> texts, TextId* ids) const {
    InStrides(texts,
              [&](size_t at, uint32_t hash) { ids[at] = slots_[SlotOf(texts[at], hash)].id; });
  }

  std::string_view text(TextId id) const { return texts_[id]; }

  /// All texts by id; the first entry stands for NULL and is empty.
  const std::vector<std::string_view>& texts() const { return texts_; }

  /// One more than the largest id given out.
  size_t size() const { return texts_.size(); }

  size_t allocated_bytes() const {
    return arena_.allocated_bytes() + texts_.capacity() * sizeof(std::string_view) +
           slots_.capacity() * sizeof(Slot);
  }

 private:
  struct Slot {
    uint32_t hash = 0;
    TextId id = kNullText;  // kNullText: free.
  };
  static constexpr size_t kFirstSlots = 64;
  static constexpr size_t kStride = 16;  // About as many cache misses as a core has under way.

  static uint32_t Hash(std::string_view text) { return static_cast<uint32_t>(HashBytes(text)); }

  /// The slot that holds `text`, or the free one where it belongs.
  size_t SlotOf(std::string_view text, uint32_t hash) const {
    const size_t mask = slots_.size() - 1;
    size_t at = hash & mask;
    while (slots_[at].id != kNullText &&
           (slots_[at].hash != hash || texts_[slots_[at].id] != text)) {
      at = (at + 1) & mask;
    }
    return at;
  }

  TextId Intern(std::string_view text, uint32_t hash) {
    size_t at = SlotOf(text, hash);
    if (slots_[at].id != kNullText) return slots_[at].id;
    if (texts_.size() * 2 >= slots_.size()) {
      Grow();
      at = SlotOf(text, hash);
    }
    const auto id = static_cast<TextId>(texts_.size());
    texts_.push_back(arena_.Copy(text));
    slots_[at] = {hash, id};
    return id;
  }

  void Grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    const size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.id == kNullText) continue;
      size_t at = slot.hash & mask;
      while (slots_[at].id != kNullText) at = (at + 1) & mask;
      slots_[at] = slot;
    }
  }

  /// Calls fn(index, hash) for each text, a stride after its memory was asked for: slots first,
  /// then what they point to.
  template <typename Fn>
  void InStrides(std::span<const std::string_view> texts, Fn fn) const {
    std::array<uint32_t, kStride> hashes;
    for (size_t first = 0; first < texts.size(); first += kStride) {
      const size_t count = std::min(kStride, texts.size() - first);
      const size_t mask = slots_.size() - 1;
      for (size_t at = 0; at < count; ++at) {
        hashes[at] = Hash(texts[first + at]);
        __builtin_prefetch(&slots_[hashes[at] & mask]);
      }
      for (size_t at = 0; at < count; ++at)
        __builtin_prefetch(&texts_[slots_[hashes[at] & mask].id]);
      for (size_t at = 0; at < count; ++at) {
        const std::string_view text = texts_[slots_[hashes[at] & mask].id];
        for (size_t byte = 0; byte < text.size(); byte += 64)
          __builtin_prefetch(text.data() + byte);
      }
      for (size_t at = 0; at < count; ++at) fn(first + at, hashes[at]);
    }
  }

  Arena arena_;
  std::vector<std::string_view> texts_;
  std::vector<Slot> slots_;  // A power of two of them.
};

}  // namespace matome::base
