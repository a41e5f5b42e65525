// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "base/hash.h"
#include "base/interner.h"

namespace matome::aggregate {

/// Where the pods that mount volumes ran on a day: the node and resource id of every pod row, NULL
/// and empty nodes included, of each (namespace, pod) of the storage report (semantics §5.5.1).
class VolumeMounts {
 public:
  struct Place {
    base::TextId node;
    base::TextId resource_id;
    bool operator==(const Place&) const = default;
  };

  /// Announces a pod of the storage report. Neither may be NULL: a NULL matches nothing.
  void Expect(base::TextId namespace_id, base::TextId pod) {
    places_.try_emplace(Key(namespace_id, pod));
  }

  /// Adds a pod row, if its pod mounts a volume on this day. `pod` is kNullText for pods that no
  /// storage report named.
  void See(base::TextId namespace_id, base::TextId pod, Place place) {
    if (namespace_id == base::kNullText || pod == base::kNullText) return;
    const auto found = places_.find(Key(namespace_id, pod));
    if (found == places_.end()) return;
    auto& places = found->second;
    if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(place);
  }

  /// Distinct places in order of first appearance.
  std::span<const Place> Of(base::TextId namespace_id, base::TextId pod) const {
    const auto found = places_.find(Key(namespace_id, pod));
    if (found == places_.end()) return {};
    return found->second;
  }

  void Clear() { places_.clear(); }
  size_t allocated_bytes() const {
    return places_.capacity() * (sizeof(uint64_t) + sizeof(std::vector<Place>) + 1) +
           places_.size() * sizeof(Place);
  }

 private:
  static uint64_t Key(base::TextId namespace_id, base::TextId pod) {
    return uint64_t{namespace_id} << 32 | pod;
  }

  absl::flat_hash_map<uint64_t, std::vector<Place>, base::IntegerHash> places_;
};

}  // namespace matome::aggregate
