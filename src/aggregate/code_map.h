// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/check.h"
#include "batch/block.h"

namespace matome::aggregate {

/// From the codes of one row group's text column to ids: the work on a text is done once per
/// dictionary entry, and a row costs one array access.
class CodeMap {
 public:
  /// Makes the map empty, for a new row group; NULL has the id `null_id`.
  void Reset(uint32_t null_id) { ids_.assign(1, null_id); }

  /// Takes in a block's new entries; `id_of` turns a text into an id.
  template <typename IdOf>
  void Extend(const batch::TextView& view, IdOf id_of) {
    MATOME_DCHECK(view.new_entries.empty() || view.first_new_code == ids_.size());
    for (const auto entry : view.new_entries) ids_.push_back(id_of(entry));
  }

  uint32_t operator[](batch::Code code) const { return ids_[code]; }
  /// The ids by code, until the next Extend().
  const uint32_t* ids() const { return ids_.data(); }
  size_t allocated_bytes() const { return ids_.capacity() * sizeof(uint32_t); }

 private:
  std::vector<uint32_t> ids_ = {0};
};

}  // namespace matome::aggregate
