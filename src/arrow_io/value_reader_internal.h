// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <parquet/encoding.h>
#include <parquet/exception.h>
#include <parquet/types.h>

#include "arrow_io/code_decoder_internal.h"
#include "arrow_io/column_cursor_internal.h"
#include "arrow_io/pool_internal.h"

namespace matome::arrow_io {

/// Takes `count` PLAIN values off the front of `bytes`; texts point into it.
template <typename T>
void TakePlain(std::span<const uint8_t>& bytes, int64_t count, T* out) {
  const auto cut_short = [] {
    throw parquet::ParquetException("a page with fewer values than it says");
  };
  if constexpr (std::is_same_v<T, std::string_view>) {
    const uint8_t* at = bytes.data();
    const uint8_t* const end = at + bytes.size();
    for (int64_t value = 0; value < count; ++value) {
      uint32_t size = 0;
      if (end - at < static_cast<ptrdiff_t>(sizeof(size))) cut_short();
      std::memcpy(&size, at, sizeof(size));
      at += sizeof(size);
      if (size > static_cast<size_t>(end - at)) cut_short();
      out[value] = {reinterpret_cast<const char*>(at), size};
      at += size;
    }
    bytes = {at, end};
  } else {
    const size_t size = static_cast<size_t>(count) * sizeof(T);
    if (size > bytes.size()) cut_short();
    if (size > 0) std::memcpy(out, bytes.data(), size);
    bytes = bytes.subspan(size);
  }
}

/// Reads the values of a chunk in their physical type, whatever their encoding. Dictionary and
/// PLAIN pages are decoded here; what writers rarely choose, by Arrow.
template <typename DType>
class ValueReader {
 public:
  static constexpr bool kText = std::is_same_v<DType, parquet::ByteArrayType>;
  using T = std::conditional_t<kText, std::string_view, typename DType::c_type>;

  ValueReader(const ColumnChunk& chunk, std::shared_ptr<arrow::Buffer> bytes)
      : pages_(chunk, std::move(bytes)) {}

  PageWalker& pages() { return pages_; }
  const PageWalker& pages() const { return pages_; }

  /// Whether the values about to be read are codes into dictionary().
  bool AtDictionaryCodes() {
    if (started_page_ != pages_.page_number()) StartPage();
    return pages_.dictionary_encoded();
  }

  /// Decodes `count` codes of a dictionary page into a sink as CodeDecoder::Decode() does, all
  /// within the dictionary.
  template <typename Sink>
  void ReadCodes(int64_t count, Sink& sink) {
    Checked<Sink> checked{static_cast<uint32_t>(dictionary_.size()), sink};
    codes_.Decode(count, checked);
  }

  /// Decodes `count` values. Texts are valid until the next page.
  void Read(int64_t count, T* out) {
    if (AtDictionaryCodes()) {
      Gather gather{dictionary_.data(), out};
      ReadCodes(count, gather);
    } else if (pages_.encoding() == parquet::Encoding::PLAIN) {
      TakePlain(plain_, count, out);
    } else {
      ReadByArrow(count, out);
    }
  }

  const std::vector<T>& dictionary() const { return dictionary_; }

 private:
  template <typename Sink>
  struct Checked {
    uint32_t limit;
    Sink& sink;

    void Repeat(uint32_t code, int64_t count) {
      if (code >= limit) throw parquet::ParquetException("a code outside of the dictionary");
      sink.Repeat(code, count);
    }
    void Codes(const uint32_t* codes, int64_t count) {
      uint32_t largest = 0;
      for (int64_t at = 0; at < count; ++at) largest = std::max(largest, codes[at]);
      if (largest >= limit) throw parquet::ParquetException("a code outside of the dictionary");
      sink.Codes(codes, count);
    }
  };

  struct Gather {
    const T* dictionary;
    T* out;

    void Repeat(uint32_t code, int64_t count) { out = std::fill_n(out, count, dictionary[code]); }
    void Codes(const uint32_t* codes, int64_t count) {
      for (int64_t at = 0; at < count; ++at) out[at] = dictionary[codes[at]];
      out += count;
    }
  };

  void StartPage() {
    started_page_ = pages_.page_number();
    const auto values = pages_.values();
    if (pages_.dictionary_encoded()) {
      if (!pages_.dictionary()) throw parquet::ParquetException("codes without a dictionary page");
      if (!dictionary_loaded_) LoadDictionary();
      // A page of NULLs alone may hold nothing at all.
      if (values.empty()) {
        codes_.Reset(nullptr, nullptr, 0);
      } else {
        codes_.Reset(values.data() + 1, values.data() + values.size(), values[0]);
      }
    } else if (pages_.encoding() == parquet::Encoding::PLAIN) {
      plain_ = values;
    } else {
      if (!other_ || other_->encoding() != pages_.encoding())
        other_ = parquet::MakeTypedDecoder<DType>(pages_.encoding(), nullptr, Pool());
      other_->SetData(pages_.values_count(), values.data(), static_cast<int>(values.size()));
    }
  }

  void LoadDictionary() {
    auto bytes = *pages_.dictionary();
    const auto count = static_cast<size_t>(pages_.dictionary_count());
    // Each entry takes at least a byte: a count beyond that is damage, and must not become memory.
    if (count > bytes.size()) throw parquet::ParquetException("a dictionary shorter than it says");
    dictionary_.resize(count);
    TakePlain(bytes, pages_.dictionary_count(), dictionary_.data());
    dictionary_loaded_ = true;
  }

  void ReadByArrow(int64_t count, T* out) {
    if (count == 0) return;
    typename DType::c_type* values = nullptr;
    if constexpr (kText) {
      texts_.resize(static_cast<size_t>(count));
      values = texts_.data();
    } else {
      values = out;
    }
    if (other_->Decode(values, static_cast<int>(count)) != count)
      throw parquet::ParquetException("a page with fewer values than it says");
    if constexpr (kText) {
      std::transform(texts_.begin(), texts_.end(), out, [](const parquet::ByteArray& text) {
        return std::string_view(reinterpret_cast<const char*>(text.ptr), text.len);
      });
    }
  }

  PageWalker pages_;
  int64_t started_page_ = 0;
  bool dictionary_loaded_ = false;
  std::vector<T> dictionary_;
  CodeDecoder codes_;
  std::span<const uint8_t> plain_;
  std::unique_ptr<parquet::TypedDecoder<DType>> other_;
  std::vector<typename DType::c_type> texts_;  // Of ReadByArrow().
};

}  // namespace matome::arrow_io
