// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/interner.h"
#include "batch/block.h"

namespace matome::aggregate {

/// From the codes of one row group's text column to ids: the work on a text is done once per
/// dictionary entry, and a row costs one array access.
class CodeMap {
 public:
  /// Makes the map empty, for a new row group; NULL has the id `null_id`.
  void Reset(uint32_t null_id) { ids_.assign(1, null_id); }

  /// Takes in a block's new entries; ids_of(texts, ids) turns texts into ids.
  template <typename IdsOf>
  void Extend(const batch::TextView& view, IdsOf ids_of) {
    if (view.new_entries.empty()) return;
    const size_t before = ids_.size();
    MATOME_DCHECK(view.first_new_code == before);
    ids_.resize(before + view.new_entries.size());
    ids_of(view.new_entries, ids_.data() + before);
  }

  /// Takes in a block's new entries with the ids that `interner` gives them.
  void Extend(const batch::TextView& view, base::Interner& interner) {
    Extend(view, [&](std::span<const std::string_view> texts, base::TextId* ids) {
      interner.InternAll(texts, ids);
    });
  }

  uint32_t operator[](batch::Code code) const { return ids_[code]; }
  /// The ids by code, until the next Extend().
  const uint32_t* ids() const { return ids_.data(); }
  size_t allocated_bytes() const { return ids_.capacity() * sizeof(uint32_t); }

 private:
  std::vector<uint32_t> ids_ = {0};
};

/// The texts of all columns of one row group, by ids of one interner.
class InternedColumns {
 public:
  /// Takes in a block's new entries.
  void Extend(const batch::Block& block) {
    maps_.resize(block.texts.size());
    for (size_t column = 0; column < maps_.size(); ++column)
      maps_[column].Extend(block.texts[column], texts_);
  }

  base::TextId IdAt(const batch::Block& block, size_t column, int64_t row) const {
    return maps_[column][block.texts[column].codes[row]];
  }
  const base::Interner& texts() const { return texts_; }

 private:
  base::Interner texts_;
  std::vector<CodeMap> maps_;
};

}  // namespace matome::aggregate
