// SPDX-License-Identifier: Apache-2.0
#include "datagen/text_coder.h"

#include <algorithm>

namespace matome::datagen {
namespace {

constexpr int32_t kUnseen = -2;

}  // namespace

TextCoder::TextCoder(const base::Interner& texts)
    : texts_(&texts), code_of_text_(texts.size(), kUnseen) {
  code_of_text_[base::kNullText] = -1;
}

int32_t TextCoder::Code(base::TextId text) {
  int32_t& code = code_of_text_[text];
  if (code == kUnseen) {
    code = static_cast<int32_t>(dictionary_.size());
    dictionary_.push_back(texts_->text(text));
    used_.push_back(text);
  }
  return code;
}

void TextCoder::Sort() {
  std::ranges::sort(used_, {}, [this](base::TextId text) { return texts_->text(text); });
  for (size_t rank = 0; rank < used_.size(); ++rank) {
    code_of_text_[used_[rank]] = static_cast<int32_t>(rank);
    dictionary_[rank] = texts_->text(used_[rank]);
  }
}

void TextCoder::Clear() {
  for (const base::TextId text : used_) code_of_text_[text] = kUnseen;
  used_.clear();
  dictionary_.clear();
}

}  // namespace matome::datagen
