// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/check.h"
#include "base/hash.h"

namespace matome::aggregate {

/// The largest ids that fit into a group key.
inline constexpr uint64_t kNamespaceBits = 20;
inline constexpr uint64_t kNodeBits = 20;
inline constexpr uint64_t kLabelSetBits = 24;

/// (namespace, node, label map) as one integer. Never 0, because 0 stands for a free slot.
inline uint64_t GroupKey(uint32_t namespace_id, uint32_t node_id, uint32_t label_set) {
  MATOME_DCHECK(namespace_id >> kNamespaceBits == 0 && node_id >> kNodeBits == 0 &&
                (label_set + 1) >> kLabelSetBits == 0);
  return uint64_t{namespace_id} << (kNodeBits + kLabelSetBits) |
         uint64_t{node_id} << kLabelSetBits | (label_set + 1);
}

inline uint32_t NamespaceOf(uint64_t key) {
  return static_cast<uint32_t>(key >> (kNodeBits + kLabelSetBits));
}
inline uint32_t NodeOf(uint64_t key) {
  return static_cast<uint32_t>(key >> kLabelSetBits & ((1U << kNodeBits) - 1));
}
inline uint32_t LabelSetOf(uint64_t key) {
  return static_cast<uint32_t>(key & ((1U << kLabelSetBits) - 1)) - 1;
}

/// Gives each distinct key a dense number, in order of first appearance
/// (docs/design/group-table.md).
///
/// Open addressing with linear probing over 16-byte slots, at most half full. Clear() keeps the
/// memory for the next day.
class GroupTable {
 public:
  /// The number of `key`; `size()` before the call means it is new.
  uint32_t FindOrAdd(uint64_t key) {
    MATOME_DCHECK(key != 0);
    if ((size_ + 1) * 2 > slots_.size()) Grow();
    for (uint64_t at = base::HashInteger(key) & mask_;; at = (at + 1) & mask_) {
      Slot& slot = slots_[at];
      if (slot.key == key) return slot.number;
      if (slot.key == 0) {
        slot = {key, size_};
        return size_++;
      }
    }
  }

  /// Asks for the memory that FindOrAdd(key) will look at.
  void Prefetch(uint64_t key) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[base::HashInteger(key) & mask_]);
  }

  uint32_t size() const { return size_; }

  void Clear() {
    slots_.assign(slots_.size(), Slot{});
    size_ = 0;
  }

  size_t allocated_bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    uint64_t key = 0;
    uint32_t number = 0;
  };
  static constexpr size_t kFirstSlots = 1024;

  void Grow() {
    std::vector<Slot> old(slots_.empty() ? kFirstSlots : slots_.size() * 2);
    old.swap(slots_);
    mask_ = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.key == 0) continue;
      uint64_t at = base::HashInteger(slot.key) & mask_;
      while (slots_[at].key != 0) at = (at + 1) & mask_;
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;
  uint64_t mask_ = 0;
  uint32_t size_ = 0;
};

}  // namespace matome::aggregate
