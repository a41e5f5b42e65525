// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/interner.h"
#include "labels/label_parser.h"
#include "model/semantics.h"
#include "model/summary_row.h"

namespace matome::labels {

using model::LabelSetId;

/// Why a label text cannot be used.
struct BadLabelText {
  std::string reason;
  std::string text;  // Cut to kMaxQuotedText bytes.
};

/// Filtered label maps as dense ids: equal maps have equal ids, so that grouping compares integers
/// (docs/design/labels.md).
///
/// A map is kept as an array of (key number, value number) pairs sorted by key; the key numbers
/// follow the byte order of the allowed keys. Texts and merges are remembered: each distinct text
/// is parsed once, each distinct pair of maps merged once. Views it gives live as long as the
/// store. One per worker; not thread-safe.
class LabelStore {
 public:
  /// Ids from here on stand for texts that cannot be used; see bad_text().
  static constexpr LabelSetId kFirstBad = 0x8000'0000U;
  static constexpr size_t kMaxQuotedText = 4096;

  /// `enabled_keys` are the tenant's enabled OCP keys; which keys are allowed follows from them
  /// (semantics §3.2). With `count_keys`, key_counts() tells which keys the texts hold, allowed or
  /// not.
  LabelStore(std::span<const std::string> enabled_keys, model::Semantics semantics,
             bool count_keys = false);

  /// The filtered map of a label text; an id from kFirstBad on if the text cannot be used.
  LabelSetId FromText(std::string_view text);
  /// Fills `ids` with FromText() of each of `texts`.
  void FromTexts(std::span<const std::string_view> texts, LabelSetId* ids);
  /// The map of a NULL label column (semantics §3.1, §6 row 2).
  LabelSetId FromNull() const {
    return semantics_ == model::Semantics::kTrino ? model::kNullLabelSet : model::kEmptyLabelSet;
  }

  /// The union in which `upper` wins; NULL if either is NULL (semantics §3.3).
  LabelSetId Merge(LabelSetId lower, LabelSetId upper);

  /// Asks for the memory that Merge() will look at.
  void PrefetchMerge(LabelSetId lower, LabelSetId upper) const {
    merges_.prefetch(uint64_t{lower} << 32 | upper);
  }

  static bool IsBad(LabelSetId id) { return id >= kFirstBad; }
  const BadLabelText& bad_text(LabelSetId id) const { return bad_[id - kFirstBad]; }

  /// Canonical JSON of a map that is not NULL: keys in byte order, no blanks (semantics §8.5). Made
  /// once per map.
  std::string_view Json(LabelSetId id);
  /// Whether a kept key or value holds U+0000, which PostgreSQL refuses.
  bool HasNul(LabelSetId id) const { return sets_[id].has_nul; }

  /// In how many distinct texts each key stood.
  const absl::flat_hash_map<std::string, int64_t, base::TextHash, std::equal_to<>>& key_counts()
      const {
    return key_counts_;
  }

  /// One more than the largest id of a usable map.
  size_t size() const { return sets_.size(); }
  size_t allocated_bytes() const;

 private:
  struct Set {
    std::string_view pairs;  // Bytes of an array of uint64: key number << 32 | value number. Never
                             // unaligned use.
    std::string_view json;   // Empty until asked for.
    bool has_nul = false;
  };

  LabelSetId Intern(std::span<const uint64_t> pairs);
  LabelSetId Parse(std::string_view text);
  LabelSetId OfNumber(base::TextId number);
  void AppendPairs(LabelSetId id, std::vector<uint64_t>& out) const;

  model::Semantics semantics_;
  LabelParser parser_;
  std::vector<std::string> keys_;  // Sorted by bytes; the index is the key number.
  absl::flat_hash_map<std::string_view, uint32_t, base::TextHash> key_numbers_;
  base::Interner values_;  // Its kNullText stands for a NULL value.
  base::Arena arena_;
  std::vector<Set> sets_;
  absl::flat_hash_map<std::string_view, LabelSetId, base::TextHash> set_ids_;
  base::Interner texts_;
  std::vector<LabelSetId> ids_of_texts_;  // By number of the text; as far as they are parsed.
  absl::flat_hash_map<uint64_t, LabelSetId, base::IntegerHash> merges_;
  std::vector<BadLabelText> bad_;
  bool count_keys_;
  absl::flat_hash_map<std::string, int64_t, base::TextHash, std::equal_to<>> key_counts_;
  std::vector<uint64_t> scratch_;
  std::vector<uint64_t> lower_, upper_;
};

}  // namespace matome::labels
