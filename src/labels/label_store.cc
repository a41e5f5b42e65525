// SPDX-License-Identifier: Apache-2.0
#include "labels/label_store.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "labels/json_text.h"

namespace matome::labels {
namespace {

/// Allowed whether or not it is enabled, so that virtual machines stay recognisable.
constexpr std::string_view kVirtualMachineKey = "vm_kubevirt_io_name";

uint32_t KeyOf(uint64_t pair) { return static_cast<uint32_t>(pair >> 32); }
uint32_t ValueOf(uint64_t pair) { return static_cast<uint32_t>(pair); }

}  // namespace

LabelStore::LabelStore(std::span<const std::string> enabled_keys, model::Semantics semantics,
                       bool count_keys)
    : semantics_(semantics),
      parser_(semantics),
      keys_(enabled_keys.begin(), enabled_keys.end()),
      count_keys_(count_keys) {
  // In Trino an array of keys aggregated from no row is NULL, and so is the test of every label
  // against it.
  if (!keys_.empty() || semantics == model::Semantics::kKokuPostgresql) {
    keys_.emplace_back(kVirtualMachineKey);
  }
  std::sort(keys_.begin(), keys_.end());
  keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
  for (size_t number = 0; number < keys_.size(); ++number) {
    key_numbers_.emplace(keys_[number], static_cast<uint32_t>(number));
  }
  ids_of_texts_.push_back(model::kNullLabelSet);  // Number 0 is no text.
  sets_.emplace_back();                           // kNullLabelSet
  Intern({});
  MATOME_DCHECK(sets_.size() == model::kEmptyLabelSet + 1);
}

LabelSetId LabelStore::Intern(std::span<const uint64_t> pairs) {
  const std::string_view bytes(reinterpret_cast<const char*>(pairs.data()), pairs.size_bytes());
  if (const auto found = set_ids_.find(bytes); found != set_ids_.end()) return found->second;
  const auto id = static_cast<LabelSetId>(sets_.size());
  Set set{.pairs = arena_.Copy(bytes), .json = {}};
  const auto has_nul = [](std::string_view text) {
    return text.find('\0') != std::string_view::npos;
  };
  for (const uint64_t pair : pairs) {
    set.has_nul |= has_nul(keys_[KeyOf(pair)]) || has_nul(values_.text(ValueOf(pair)));
  }
  sets_.push_back(set);
  set_ids_.emplace(set.pairs, id);
  return id;
}

void LabelStore::AppendPairs(LabelSetId id, std::vector<uint64_t>& out) const {
  const std::string_view bytes = sets_[id].pairs;
  const size_t before = out.size();
  out.resize(before + bytes.size() / sizeof(uint64_t));
  if (!bytes.empty()) std::memcpy(out.data() + before, bytes.data(), bytes.size());
}

LabelSetId LabelStore::FromText(std::string_view text) { return OfNumber(texts_.Intern(text)); }

void LabelStore::FromTexts(std::span<const std::string_view> texts, LabelSetId* ids) {
  static_assert(std::is_same_v<LabelSetId, base::TextId>);
  texts_.InternAll(texts, ids);
  for (LabelSetId* id = ids; id != ids + texts.size(); ++id) *id = OfNumber(*id);
}

LabelSetId LabelStore::OfNumber(base::TextId number) {
  // Texts are numbered as they come, so the first one without an id is the next to parse.
  while (ids_of_texts_.size() <= number) {
    ids_of_texts_.push_back(Parse(texts_.text(static_cast<base::TextId>(ids_of_texts_.size()))));
  }
  return ids_of_texts_[number];
}

LabelSetId LabelStore::Parse(std::string_view text) {
  LabelSetId id = model::kNullLabelSet;
  if (const auto parsed = parser_.Parse(text); !parsed.ok()) {
    id = kFirstBad + static_cast<LabelSetId>(bad_.size());
    bad_.push_back({parsed.status().message(), std::string(text.substr(0, kMaxQuotedText))});
  } else if (*parsed) {
    scratch_.clear();
    for (const Label& label : parser_.labels()) {
      if (count_keys_) ++key_counts_[std::string(label.key)];
      const auto key = key_numbers_.find(label.key);
      if (key == key_numbers_.end()) continue;
      const uint32_t value = label.value ? values_.Intern(*label.value) : base::kNullText;
      scratch_.push_back(uint64_t{key->second} << 32 | value);
    }
    std::sort(scratch_.begin(), scratch_.end());
    id = Intern(scratch_);
  }
  return id;
}

LabelSetId LabelStore::Merge(LabelSetId lower, LabelSetId upper) {
  MATOME_DCHECK(!IsBad(lower) && !IsBad(upper));
  if (lower == model::kNullLabelSet || upper == model::kNullLabelSet) return model::kNullLabelSet;
  if (lower == model::kEmptyLabelSet || lower == upper) return upper;
  if (upper == model::kEmptyLabelSet) return lower;
  const uint64_t both = uint64_t{lower} << 32 | upper;
  if (const auto found = merges_.find(both); found != merges_.end()) return found->second;

  lower_.clear();
  upper_.clear();
  AppendPairs(lower, lower_);
  AppendPairs(upper, upper_);
  scratch_.clear();
  auto below = lower_.begin();
  for (const uint64_t pair : upper_) {
    while (below != lower_.end() && KeyOf(*below) < KeyOf(pair)) scratch_.push_back(*below++);
    if (below != lower_.end() && KeyOf(*below) == KeyOf(pair)) ++below;
    scratch_.push_back(pair);
  }
  scratch_.insert(scratch_.end(), below, lower_.end());
  const LabelSetId id = Intern(scratch_);
  merges_.emplace(both, id);
  return id;
}

std::string_view LabelStore::Json(LabelSetId id) {
  MATOME_DCHECK(id != model::kNullLabelSet && !IsBad(id));
  Set& set = sets_[id];
  if (!set.json.empty()) return set.json;
  lower_.clear();
  AppendPairs(id, lower_);
  std::string json = "{";
  for (const uint64_t pair : lower_) {
    if (json.size() > 1) json.push_back(',');
    AppendJsonString(keys_[KeyOf(pair)], json);
    json.push_back(':');
    if (ValueOf(pair) == base::kNullText) {
      json += "null";
    } else {
      AppendJsonString(values_.text(ValueOf(pair)), json);
    }
  }
  json.push_back('}');
  set.json = arena_.Copy(json);
  return set.json;
}

size_t LabelStore::allocated_bytes() const {
  constexpr size_t kTextSlot = sizeof(std::string_view) + sizeof(LabelSetId) + 1;
  return arena_.allocated_bytes() + values_.allocated_bytes() + texts_.allocated_bytes() +
         ids_of_texts_.capacity() * sizeof(LabelSetId) + sets_.capacity() * sizeof(Set) +
         set_ids_.capacity() * kTextSlot +
         merges_.capacity() * (sizeof(uint64_t) + sizeof(LabelSetId) + 1);
}

}  // namespace matome::labels
