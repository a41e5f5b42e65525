// SPDX-License-Identifier: Apache-2.0
#include "ingest/text_memo.h"

#include <utility>

#include "ingest/field_values.h"

namespace matome::ingest {

int32_t TextMemo::AddConverted(std::string_view text) {
  converted_.push_back(text);
  return static_cast<int32_t>(converted_.size() - 1);
}

TextMemo::Entry TextMemo::ConvertNew(base::TextId raw) {
  std::string_view text = raw_.text(raw);
  Entry entry;
  const bool is_null = text.empty() || (!keep_na_words_ && IsNaWord(text));
  if (is_null) {
    entry.loss.blanked = text.empty() ? 0 : 1;
    text = "";
  }
  if (rule_.kind == ColumnKind::kLabels) {
    const ConvertedLabels labels = ConvertLabels(text);
    entry.loss.dropped_labels = static_cast<uint32_t>(labels.dropped);
    const base::TextId id = json_.Intern(labels.json);
    if (id == converted_.size()) {
      AddConverted(json_.text(id));
      label_texts_.push_back(text);
    }
    entry.code = static_cast<int32_t>(id);
  } else if (text.empty()) {
    if (empty_code_ == 0) empty_code_ = AddConverted("");
    entry.code = empty_code_;
  } else if (rule_.escaped && text.find_first_of("&<>\"'") != std::string_view::npos) {
    entry.code = AddConverted(escaped_.Copy(EscapeHtml(text)));
  } else {
    entry.code = AddConverted(text);
  }
  has_losses_ |= entry.loss.blanked + entry.loss.dropped_labels > 0;
  return entry;
}

void TextMemo::Convert(std::span<const std::string_view> texts, int32_t* codes) {
  ids_.resize(texts.size());
  raw_.InternAll(texts, ids_.data());
  for (size_t raw = entries_.size(); raw < raw_.size(); ++raw)
    entries_.push_back(ConvertNew(static_cast<base::TextId>(raw)));
  for (size_t at = 0; at < texts.size(); ++at) codes[at] = entries_[ids_[at]].code;
  losses_.clear();
  if (!has_losses_) return;
  for (const base::TextId id : ids_) losses_.push_back(entries_[id].loss);
}

std::vector<std::string> TextMemo::TakeLabelKeys(int32_t code) {
  const auto text = std::exchange(label_texts_[static_cast<size_t>(code)], {});
  return text.empty() ? std::vector<std::string>{} : LabelKeys(text);
}

size_t TextMemo::allocated_bytes() const {
  return raw_.allocated_bytes() + json_.allocated_bytes() + escaped_.allocated_bytes() +
         entries_.capacity() * sizeof(Entry) +
         (converted_.capacity() + label_texts_.capacity()) * sizeof(std::string_view);
}

}  // namespace matome::ingest
