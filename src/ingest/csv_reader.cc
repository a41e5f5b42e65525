// SPDX-License-Identifier: Apache-2.0
#include "ingest/csv_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <utility>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include "base/check.h"
#include "base/utf8.h"

namespace matome::ingest {
namespace {

constexpr size_t kWordBytes = 64;
constexpr size_t kBufferBytes = size_t{1} << 20;
constexpr size_t kBlockFields = size_t{1} << 18;  // More rows wait for the next block.
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// A bit for each of 64 bytes: whether it is a comma or ends a line.
#ifdef __SSE2__
uint64_t StructuralBits(const char* text) {
  const __m128i comma = _mm_set1_epi8(',');
  const __m128i line_feed = _mm_set1_epi8('\n');
  const __m128i carriage_return = _mm_set1_epi8('\r');
  uint64_t bits = 0;
  for (int part = 0; part < 4; ++part) {
    const __m128i bytes =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + size_t{16} * part));
    const __m128i found = _mm_or_si128(
        _mm_cmpeq_epi8(bytes, comma),
        _mm_or_si128(_mm_cmpeq_epi8(bytes, line_feed), _mm_cmpeq_epi8(bytes, carriage_return)));
    bits |= uint64_t{static_cast<uint32_t>(_mm_movemask_epi8(found))} << (16 * part);
  }
  return bits;
}
#else
uint64_t StructuralBits(const char* text) {
  uint64_t bits = 0;
  for (size_t at = 0; at < kWordBytes; ++at) {
    const bool found = text[at] == ',' || text[at] == '\n' || text[at] == '\r';
    bits |= uint64_t{found} << at;
  }
  return bits;
}
#endif

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t") == std::string_view::npos;
}

// How many bytes a character has that begins with `lead`; 1 if none does.
size_t CharacterBytes(char lead) {
  const auto byte = static_cast<uint8_t>(lead);
  if (byte >= 0xF0) return 4;
  if (byte >= 0xE0) return 3;
  return byte >= 0xC0 ? 2 : 1;
}

bool IsContinuation(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) == 0x80; }

// The bytes at the end of `text` that may be the front of a character.
size_t CutCharacterBytes(std::string_view text) {
  for (size_t back = 1; back <= std::min<size_t>(3, text.size()); ++back) {
    const char byte = text[text.size() - back];
    if (!IsContinuation(byte)) return CharacterBytes(byte) > back ? back : 0;
  }
  return 0;
}

// The length of the longest front that is UTF-8 as a whole.
size_t ValidPrefix(std::string_view text) {
  size_t valid = 0;
  // Halves the step: most of the text is good.
  for (size_t step = std::bit_ceil(text.size() + 1); step > 0; step /= 2) {
    if (valid + step > text.size()) continue;
    const auto next = text.substr(valid, step);
    const size_t cut = CutCharacterBytes(next);
    if (cut < step && base::IsValidUtf8(next.substr(0, step - cut))) valid += step - cut;
  }
  while (valid < text.size()) {
    const size_t size = CharacterBytes(text[valid]);
    if (size > text.size() - valid || !base::IsValidUtf8(text.substr(valid, size))) break;
    valid += size;
  }
  return valid;
}

std::vector<std::string> DistinctNames(std::vector<std::string> names) {
  const absl::flat_hash_set<std::string> given(names.begin(), names.end());
  absl::flat_hash_map<std::string, size_t> seen;
  for (std::string& name : names) {
    size_t& count = seen[name];
    if (count++ == 0) continue;
    std::string other = fmt::format("{}.{}", name, count - 1);
    while (given.contains(other)) other = fmt::format("{}.{}", name, count++);
    name = std::move(other);
  }
  return names;
}

}  // namespace

// Finds commas and line ends from front to back.
class CsvReader::Scanner {
 public:
  Scanner(const char* text, size_t begin, size_t end) : text_(text), end_(end) { Seek(begin); }

  // The next comma or line end, or the end.
  size_t Next() {
    while (bits_ == 0) {
      word_ += kWordBytes;
      if (word_ >= end_) return end_;
      bits_ = StructuralBits(text_ + word_);
    }
    const size_t at = word_ + static_cast<size_t>(std::countr_zero(bits_));
    bits_ &= bits_ - 1;
    return std::min(at, end_);
  }

  // Goes on from `at`, in either direction.
  void Seek(size_t at) {
    word_ = at / kWordBytes * kWordBytes;
    bits_ = at < end_ ? StructuralBits(text_ + word_) & (~uint64_t{0} << (at % kWordBytes)) : 0;
  }

  const char* text() const { return text_; }
  size_t end() const { return end_; }

  size_t position = 0;  // Where the next field begins.

 private:
  const char* text_;
  size_t end_;
  size_t word_ = 0;
  uint64_t bits_ = 0;
};

CsvReader::CsvReader(ByteSource& source, const CsvOptions& options)
    : source_(source), options_(options) {
  options_.row_bytes = std::clamp<int64_t>(options.row_bytes, 1, CsvBlock::kUnquotedBit / 2);
  buffer_.resize(std::min(kBufferBytes, static_cast<size_t>(options_.row_bytes)) + kWordBytes);
}

std::string CsvReader::NextRowName() const {
  return columns_.empty() ? "header" : fmt::format("row {}", row_count_ + 1);
}

base::Status CsvReader::Fill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  checked_ -= begin_;
  begin_ = 0;
  // Full of one row: what has to be kept may grow, but not without bound.
  if (end_ + kWordBytes >= buffer_.size()) {
    if (static_cast<int64_t>(end_) >= options_.row_bytes) {
      return base::BadInput(fmt::format(
          "{}: longer than {} bytes{}; is this a CSV?", NextRowName(), options_.row_bytes,
          open_quote_ ? ", because a quote that begins in it is never closed" : ""));
    }
    const size_t longest = static_cast<size_t>(options_.row_bytes) + kWordBytes;
    buffer_.resize(std::min(buffer_.size() * 2, std::max(longest, buffer_.size() + 1)));
  }
  const size_t room = buffer_.size() - kWordBytes;
  while (end_ < room && !ended_) {
    MATOME_ASSIGN_OR_RETURN(const size_t count,
                            source_.Read(std::span(buffer_).subspan(end_, room - end_)));
    end_ += count;
    bytes_read_ += static_cast<int64_t>(count);
    ended_ = count == 0;
  }
  if (!started_) {
    started_ = true;
    if (std::string_view(buffer_.data(), end_).starts_with(kByteOrderMark)) {
      begin_ = checked_ = kByteOrderMark.size();
    }
  }
  return CheckUtf8();
}

base::Status CsvReader::CheckUtf8() {
  const auto unchecked = [this] {
    const std::string_view text(buffer_.data() + checked_, end_ - checked_);
    return ended_ ? text : text.substr(0, text.size() - CutCharacterBytes(text));
  };
  if (!base::IsValidUtf8(unchecked())) {
    if (!options_.replace_invalid_utf8) {
      invalid_ = true;
      checked_ += ValidPrefix(unchecked());
      return {};
    }
    ReplaceInvalidUtf8();
  }
  checked_ += unchecked().size();
  return {};
}

void CsvReader::ReplaceInvalidUtf8() {
  std::string_view rest(buffer_.data() + checked_, end_ - checked_);
  const size_t cut = ended_ ? 0 : CutCharacterBytes(rest);
  const std::string kept_back(rest.substr(rest.size() - cut));
  rest.remove_suffix(cut);
  std::string good;
  while (!rest.empty()) {
    const size_t valid = ValidPrefix(rest);
    good += rest.substr(0, valid);
    rest.remove_prefix(valid);
    if (rest.empty()) break;
    good += kReplacement;
    rest.remove_prefix(1);
    ++replaced_bytes_;
  }
  good += kept_back;
  end_ = checked_ + good.size();
  buffer_.resize(std::max(buffer_.size(), end_ + kWordBytes));
  std::memcpy(buffer_.data() + checked_, good.data(), good.size());
}

CsvReader::Parsed CsvReader::ParseQuoted(Scanner& scanner, CsvBlock& block, CsvBlock::Field& field,
                                         size_t& stop) {
  const char* text = scanner.text();
  const size_t end = scanner.end();
  const bool last = ended_ && !invalid_;
  const auto ends_field = [text, end](size_t at) {
    return at == end || text[at] == ',' || text[at] == '\n' || text[at] == '\r';
  };
  const auto find_quote = [text, end](size_t from) {
    const void* found = from < end ? std::memchr(text + from, '"', end - from) : nullptr;
    return found == nullptr ? end : static_cast<size_t>(static_cast<const char*>(found) - text);
  };

  const size_t begin = scanner.position + 1;
  size_t quote = find_quote(begin);
  if (quote < end && (quote + 1 < end || last) && ends_field(quote + 1)) {
    field = {static_cast<uint32_t>(begin), static_cast<uint32_t>(quote - begin)};
    stop = quote + 1;
  } else {
    const size_t unquoted_begin = block.unquoted_.size();
    size_t from = begin;
    while (true) {
      if (quote == end) {
        open_quote_ = true;
        return Parsed::kCut;
      }
      block.unquoted_.append(text + from, quote - from);
      if (quote + 1 == end && !last) return Parsed::kCut;
      if (quote + 1 == end || text[quote + 1] != '"') break;
      block.unquoted_ += '"';
      from = quote + 2;
      quote = find_quote(from);
    }
    // After the closing quote a field goes on as if it had not been quoted.
    size_t tail = quote + 1;
    while (!ends_field(tail)) ++tail;
    block.unquoted_.append(text + quote + 1, tail - quote - 1);
    field = {static_cast<uint32_t>(unquoted_begin) | CsvBlock::kUnquotedBit,
             static_cast<uint32_t>(block.unquoted_.size() - unquoted_begin)};
    stop = tail;
  }
  if (stop < end) {
    scanner.Seek(stop);
    scanner.Next();
  } else {
    scanner.Seek(end);
  }
  return Parsed::kRow;
}

// Parses the row at scanner.position into block.fields_, at most `width` fields of it. kCut: not
// all of it is there; nothing was changed then but the scanner.
CsvReader::Parsed CsvReader::ParseRow(Scanner& scanner, size_t width, CsvBlock& block,
                                      size_t& field_count) {
  const char* text = scanner.text();
  const size_t end = scanner.end();
  const bool last = ended_ && !invalid_;
  const size_t row_begin = scanner.position;
  const size_t first_field = block.fields_.size();
  const size_t first_unquoted = block.unquoted_.size();
  const auto give_up = [&] {
    block.fields_.resize(first_field);
    block.unquoted_.resize(first_unquoted);
    return Parsed::kCut;
  };
  if (row_begin == end) return last ? Parsed::kEnd : Parsed::kCut;

  field_count = 0;
  while (true) {
    CsvBlock::Field field;
    size_t stop = 0;
    if (scanner.position < end && text[scanner.position] == '"') {
      if (ParseQuoted(scanner, block, field, stop) == Parsed::kCut) return give_up();
    } else {
      stop = scanner.Next();
      field = {static_cast<uint32_t>(scanner.position),
               static_cast<uint32_t>(stop - scanner.position)};
    }
    if (stop == end && !last) return give_up();
    if (field_count++ < width) block.fields_.push_back(field);
    scanner.position = std::min(stop + 1, end);
    if (stop < end && text[stop] == ',') continue;
    if (stop < end && text[stop] == '\r') {
      if (stop + 1 == end && !last) return give_up();
      if (stop + 1 < end && text[stop + 1] == '\n') {
        scanner.Next();
        ++scanner.position;
      }
    }
    if (field_count == 1 && IsBlank({text + row_begin, stop - row_begin})) {
      block.fields_.resize(first_field);
      return Parsed::kBlank;
    }
    return Parsed::kRow;
  }
}

void CsvReader::CutAtNul(CsvBlock& block, const char* text, size_t size) {
  if (std::memchr(text, 0, size) == nullptr) return;
  for (auto& field : block.fields_) {
    const bool unquoted = (field.begin & CsvBlock::kUnquotedBit) != 0;
    const char* begin =
        (unquoted ? block.unquoted_.data() : block.text_) + (field.begin & ~CsvBlock::kUnquotedBit);
    if (field.size == 0) continue;
    if (const void* nul = std::memchr(begin, 0, field.size); nul != nullptr) {
      field.size = static_cast<uint32_t>(static_cast<const char*>(nul) - begin);
    }
  }
}

base::Status CsvReader::CutError() const {
  if (invalid_) {
    return base::BadInput(
        fmt::format("{}: has bytes that are not UTF-8; convert the file, or have "
                    "them replaced with --replace-invalid-utf8",
                    NextRowName()));
  }
  return base::BadInput(
      fmt::format("{}: a quote that begins in it is never closed", NextRowName()));
}

base::Result<bool> CsvReader::ReadHeader() {
  CsvBlock block;
  while (true) {
    Scanner scanner(buffer_.data(), begin_, checked_);
    scanner.position = begin_;
    block.text_ = buffer_.data();
    size_t field_count = 0;
    open_quote_ = false;
    const size_t row_begin = begin_;
    const Parsed parsed = ParseRow(scanner, options_.columns, block, field_count);
    if (parsed == Parsed::kEnd) return false;
    if (parsed == Parsed::kCut) {
      if (ended_ || invalid_) return CutError();
      MATOME_RETURN_IF_ERROR(Fill());
      continue;
    }
    begin_ = scanner.position;
    if (parsed == Parsed::kBlank) continue;
    if (field_count > options_.columns) {
      return base::BadInput(
          fmt::format("header: has {} columns, and {} are the most; is this a CSV?", field_count,
                      options_.columns));
    }
    CutAtNul(block, buffer_.data() + row_begin, begin_ - row_begin);
    block.width_ = block.fields_.size();
    block.row_numbers_.assign(1, 0);
    std::vector<std::string> names;
    for (size_t column = 0; column < block.width_; ++column) {
      const auto name = block.text(0, column);
      names.push_back(name.empty() ? fmt::format("Unnamed: {}", column) : std::string(name));
    }
    columns_ = DistinctNames(std::move(names));
    return true;
  }
}

base::Result<bool> CsvReader::ParseRows(CsvBlock& block) {
  const size_t width = columns_.size();
  block.width_ = width;
  block.text_ = buffer_.data();
  block.fields_.clear();
  block.row_numbers_.clear();
  block.unquoted_.clear();

  Scanner scanner(buffer_.data(), begin_, checked_);
  scanner.position = begin_;
  open_quote_ = false;
  const size_t block_begin = begin_;
  bool ended = false;
  while (block.fields_.size() < kBlockFields) {
    size_t field_count = 0;
    const size_t first_field = block.fields_.size();
    const Parsed parsed = ParseRow(scanner, width, block, field_count);
    ended = parsed == Parsed::kEnd;
    if (parsed == Parsed::kCut || ended) break;
    begin_ = scanner.position;
    if (parsed == Parsed::kBlank) continue;
    ++row_count_;
    if (field_count > width) {
      ++rows_with_more_fields_;
      block.fields_.resize(first_field);
      continue;
    }
    block.fields_.resize(first_field + width);
    block.row_numbers_.push_back(row_count_);
  }
  CutAtNul(block, buffer_.data() + block_begin, begin_ - block_begin);
  return !ended;
}

base::Result<bool> CsvReader::Next(CsvBlock& block) {
  MATOME_DCHECK(!columns_.empty());
  while (true) {
    MATOME_ASSIGN_OR_RETURN(const bool more, ParseRows(block));
    if (block.row_count() > 0) return true;
    if (!more) return false;
    if (ended_ || invalid_) return CutError();
    MATOME_RETURN_IF_ERROR(Fill());
  }
}

}  // namespace matome::ingest
