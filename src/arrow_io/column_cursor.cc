// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include <fmt/format.h>
#include <parquet/exception.h>
#include <parquet/types.h>

#include "arrow_io/column_cursor_internal.h"
#include "arrow_io/pool_internal.h"

namespace matome::arrow_io {
namespace {

using batch::Code;
using parquet::ParquetException;

constexpr int64_t kMillisPerDay = 86'400'000;
constexpr int64_t kJulianDayOfEpoch = 2'440'588;

/// Spreads `values` dense values over rows, in place from the back; NULL rows get `filler`.
template <typename T>
void Spread(const std::vector<uint8_t>& valid, int64_t values, T filler, T* out) {
  for (auto row = static_cast<int64_t>(valid.size()); row-- > 0;) {
    out[row] = valid[static_cast<size_t>(row)] != 0 ? out[--values] : filler;
  }
}

/// Reads the values of a chunk in their physical type, whatever their encoding.
template <typename DType>
class ValueReader {
 public:
  using T = typename DType::c_type;

  ValueReader(const ColumnChunk& chunk, std::shared_ptr<arrow::Buffer> bytes)
      : pages_(chunk, std::move(bytes)) {}

  PageWalker& pages() { return pages_; }

  /// Whether the values about to be read are codes into dictionary().
  bool AtDictionaryCodes() {
    StartPage();
    return pages_.dictionary_encoded();
  }

  /// Decodes `count` codes of a dictionary page's reader, all within the dictionary.
  void ReadCodes(int64_t count, int32_t* codes) {
    const int wanted = static_cast<int>(count);
    if (count > 0 && codes_->DecodeIndices(wanted, codes) != wanted) {
      throw ParquetException("a page with fewer values than it says");
    }
    uint32_t largest = 0;
    for (int64_t at = 0; at < count; ++at)
      largest = std::max(largest, static_cast<uint32_t>(codes[at]));
    if (count > 0 && largest >= dictionary_.size()) {
      throw ParquetException("a code outside of the dictionary");
    }
  }

  /// Decodes `count` values.
  void Read(int64_t count, T* out) {
    if (AtDictionaryCodes()) {
      scratch_.resize(static_cast<size_t>(count));
      ReadCodes(count, scratch_.data());
      for (int64_t at = 0; at < count; ++at) {
        out[at] = dictionary_[static_cast<size_t>(scratch_[static_cast<size_t>(at)])];
      }
    } else if (count > 0 && plain_->Decode(out, static_cast<int>(count)) != count) {
      throw ParquetException("a page with fewer values than it says");
    }
  }

  const std::vector<T>& dictionary() const { return dictionary_; }

 private:
  void StartPage() {
    if (started_page_ == pages_.page_number()) return;
    started_page_ = pages_.page_number();
    if (pages_.dictionary_encoded()) {
      if (!pages_.dictionary()) throw ParquetException("codes without a dictionary page");
      if (!codes_) {
        LoadDictionary();
        codes_ = parquet::MakeDictDecoder<parquet::Int32Type>(nullptr, Pool());
      }
      codes_->SetData(pages_.values_count(), pages_.values(), pages_.values_bytes());
    } else {
      if (!plain_ || plain_->encoding() != pages_.encoding()) {
        plain_ = parquet::MakeTypedDecoder<DType>(pages_.encoding(), &pages_.descriptor(), Pool());
      }
      plain_->SetData(pages_.values_count(), pages_.values(), pages_.values_bytes());
    }
  }

  void LoadDictionary() {
    const auto count = pages_.dictionary_count();
    // Each entry takes at least a byte: a count beyond that is damage, and must not become memory.
    if (count > pages_.dictionary()->size())
      throw ParquetException("a dictionary shorter than it says");
    dictionary_.resize(static_cast<size_t>(count));
    auto decoder =
        parquet::MakeTypedDecoder<DType>(parquet::Encoding::PLAIN, &pages_.descriptor(), Pool());
    decoder->SetData(count, pages_.dictionary()->data(),
                     static_cast<int>(pages_.dictionary()->size()));
    if (decoder->Decode(dictionary_.data(), count) != count) {
      throw ParquetException("a dictionary shorter than it says");
    }
  }

  PageWalker pages_;
  int64_t started_page_ = 0;
  std::vector<T> dictionary_;
  std::unique_ptr<parquet::DictDecoder<parquet::Int32Type>> codes_;
  std::unique_ptr<parquet::TypedDecoder<DType>> plain_;
  std::vector<int32_t> scratch_;
};

class NullTextCursor final : public TextCursor {
 public:
  int64_t AvailableRows() override { return std::numeric_limits<int32_t>::max(); }
  void Read(int64_t rows, batch::TextView& view) override {
    if (codes_.size() < static_cast<size_t>(rows))
      codes_.resize(static_cast<size_t>(rows), batch::kNullCode);
    view.codes = codes_.data();
  }

 private:
  std::vector<Code> codes_;
};

class ByteArrayCursor final : public TextCursor {
 public:
  ByteArrayCursor(const ColumnChunk& chunk, std::shared_ptr<arrow::Buffer> bytes)
      : reader_(chunk, std::move(bytes)) {}

  int64_t AvailableRows() override { return reader_.pages().AvailableRows(); }

  void Read(int64_t rows, batch::TextView& view) override {
    entries_.clear();
    const Code first_new = next_code_;
    codes_.resize(static_cast<size_t>(rows));
    const int64_t values = reader_.pages().Take(rows, valid_);
    if (reader_.AtDictionaryCodes()) {
      reader_.ReadCodes(values, reinterpret_cast<int32_t*>(codes_.data()));
      if (first_dictionary_code_ == batch::kNullCode) {
        first_dictionary_code_ = next_code_;
        for (const auto& entry : reader_.dictionary()) Announce(entry);
      }
      for (int64_t at = 0; at < values; ++at)
        codes_[static_cast<size_t>(at)] += first_dictionary_code_;
    } else {
      plain_.resize(static_cast<size_t>(values));
      reader_.Read(values, plain_.data());
      for (int64_t at = 0; at < values; ++at) {
        codes_[static_cast<size_t>(at)] = next_code_;
        Announce(plain_[static_cast<size_t>(at)]);
      }
    }
    if (!valid_.empty()) Spread(valid_, values, batch::kNullCode, codes_.data());
    view = {.codes = codes_.data(), .new_entries = entries_, .first_new_code = first_new};
  }

 private:
  void Announce(const parquet::ByteArray& entry) {
    entries_.emplace_back(reinterpret_cast<const char*>(entry.ptr), entry.len);
    ++next_code_;
  }

  ValueReader<parquet::ByteArrayType> reader_;
  Code next_code_ = batch::kNullCode + 1;
  Code first_dictionary_code_ = batch::kNullCode;
  std::vector<std::string_view> entries_;
  std::vector<Code> codes_;
  std::vector<uint8_t> valid_;
  std::vector<parquet::ByteArray> plain_;
};

std::string Digits(int64_t value) { return std::to_string(value); }

/// The text of a double as Java's Double.toString writes it: plain from 0.001 to below 10,000,000,
/// else with an exponent.
std::string Digits(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  const double size = std::fabs(value);
  const bool plain = size == 0 || (size >= 1e-3 && size < 1e7);
  std::array<char, 64> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific);
  std::string text(buffer.data(), end.ptr);
  const auto mark = text.find('e');
  std::string mantissa = text.substr(0, mark);
  if (mantissa.find('.') == std::string::npos) mantissa += ".0";
  if (mark == std::string::npos) return mantissa;
  return mantissa + "E" + std::to_string(std::stoi(text.substr(mark + 1)));
}

/// A number column where text is wanted: its digits.
template <typename DType>
class DigitsCursor final : public TextCursor {
 public:
  DigitsCursor(const ColumnChunk& chunk, std::shared_ptr<arrow::Buffer> bytes)
      : reader_(chunk, std::move(bytes)) {}

  int64_t AvailableRows() override { return reader_.pages().AvailableRows(); }

  void Read(int64_t rows, batch::TextView& view) override {
    texts_.clear();
    entries_.clear();
    const Code first_new = next_code_;
    codes_.resize(static_cast<size_t>(rows));
    const int64_t values = reader_.pages().Take(rows, valid_);
    numbers_.resize(static_cast<size_t>(values));
    reader_.Read(values, numbers_.data());
    for (int64_t at = 0; at < values; ++at) {
      codes_[static_cast<size_t>(at)] = next_code_++;
      entries_.push_back(texts_.emplace_back(Digits(numbers_[static_cast<size_t>(at)])));
    }
    if (!valid_.empty()) Spread(valid_, values, batch::kNullCode, codes_.data());
    view = {.codes = codes_.data(), .new_entries = entries_, .first_new_code = first_new};
  }

 private:
  ValueReader<DType> reader_;
  Code next_code_ = batch::kNullCode + 1;
  std::deque<std::string> texts_;
  std::vector<std::string_view> entries_;
  std::vector<Code> codes_;
  std::vector<uint8_t> valid_;
  std::vector<typename DType::c_type> numbers_;
};

class NullNumberCursor final : public NumberCursor {
 public:
  int64_t AvailableRows() override { return std::numeric_limits<int32_t>::max(); }
  void Read(int64_t rows, batch::NumberView& view) override {
    if (valid_.size() < static_cast<size_t>(rows)) {
      valid_.resize(static_cast<size_t>(rows), 0);
      values_.resize(static_cast<size_t>(rows), 0.0);
    }
    view = {.values = values_.data(), .valid = valid_.data()};
  }

 private:
  std::vector<uint8_t> valid_;
  std::vector<double> values_;
};

template <typename DType>
class ValueCursor final : public NumberCursor {
 public:
  ValueCursor(const ColumnChunk& chunk, std::shared_ptr<arrow::Buffer> bytes)
      : reader_(chunk, std::move(bytes)) {}

  int64_t AvailableRows() override { return reader_.pages().AvailableRows(); }

  void Read(int64_t rows, batch::NumberView& view) override {
    values_.resize(static_cast<size_t>(rows));
    const int64_t values = reader_.pages().Take(rows, valid_);
    if constexpr (std::is_same_v<typename DType::c_type, double>) {
      reader_.Read(values, values_.data());
    } else {
      stored_.resize(static_cast<size_t>(values));
      reader_.Read(values, stored_.data());
      for (int64_t at = 0; at < values; ++at) {
        values_[static_cast<size_t>(at)] = static_cast<double>(stored_[static_cast<size_t>(at)]);
      }
    }
    if (!valid_.empty()) Spread(valid_, values, 0.0, values_.data());
    view = {.values = values_.data(), .valid = valid_.empty() ? nullptr : valid_.data()};
  }

 private:
  ValueReader<DType> reader_;
  std::vector<double> values_;
  std::vector<uint8_t> valid_;
  std::vector<typename DType::c_type> stored_;
};

int64_t FloorDivide(int64_t value, int64_t divisor) {
  const int64_t quotient = value / divisor;
  return value % divisor < 0 ? quotient - 1 : quotient;
}

int64_t MillisOf(int64_t stored, StoredType type) {
  if (type == StoredType::kTimestampMicros) return FloorDivide(stored, 1'000);
  if (type == StoredType::kTimestampNanos) return FloorDivide(stored, 1'000'000);
  return stored;
}

int64_t MillisOf(const parquet::Int96& stored, StoredType /*type*/) {
  uint64_t nanos_of_day = 0;
  std::memcpy(&nanos_of_day, &stored.value[0], sizeof(nanos_of_day));
  const auto julian_day = static_cast<int64_t>(stored.value[2]);
  return (julian_day - kJulianDayOfEpoch) * kMillisPerDay +
         static_cast<int64_t>(nanos_of_day / 1'000'000);
}

class NullTimeCursor final : public TimeCursor {
 public:
  int64_t AvailableRows() override { return std::numeric_limits<int32_t>::max(); }
  void Read(int64_t rows, std::vector<batch::TimeRun>& runs) override {
    runs = {{std::nullopt, rows}};
  }
};

template <typename DType>
class InstantCursor final : public TimeCursor {
 public:
  InstantCursor(const ColumnChunk& chunk, std::shared_ptr<arrow::Buffer> bytes)
      : type_(chunk.type), reader_(chunk, std::move(bytes)) {}

  int64_t AvailableRows() override { return reader_.pages().AvailableRows(); }

  void Read(int64_t rows, std::vector<batch::TimeRun>& runs) override {
    runs.clear();
    const int64_t values = reader_.pages().Take(rows, valid_);
    if (valid_.empty() && reader_.AtDictionaryCodes()) {
      codes_.resize(static_cast<size_t>(rows));
      reader_.ReadCodes(rows, codes_.data());
      for (int64_t row = 0; row < rows;) {
        const int32_t code = codes_[static_cast<size_t>(row)];
        const auto end = EndOfRun(row, rows);
        runs.push_back({MillisOf(reader_.dictionary()[static_cast<size_t>(code)], type_), end});
        row = end;
      }
      return;
    }
    stored_.resize(static_cast<size_t>(values));
    reader_.Read(values, stored_.data());
    int64_t value = 0;
    for (int64_t row = 0; row < rows; ++row) {
      std::optional<int64_t> millis;
      if (valid_.empty() || valid_[static_cast<size_t>(row)] != 0) {
        millis = MillisOf(stored_[static_cast<size_t>(value++)], type_);
      }
      if (!runs.empty() && runs.back().millis == millis) {
        runs.back().end = row + 1;
      } else {
        runs.push_back({millis, row + 1});
      }
    }
  }

 private:
  int64_t EndOfRun(int64_t row, int64_t rows) const {
    const int32_t* const first = codes_.data() + row;
    const int32_t* const last = codes_.data() + rows;
    // The usual block is one hour: comparing it with itself, shifted by one, is a single pass over
    // memory.
    if (std::memcmp(first, first + 1, static_cast<size_t>(last - first - 1) * sizeof(int32_t)) == 0)
      return rows;
    return std::find_if(first, last, [code = *first](int32_t other) { return other != code; }) -
           codes_.data();
  }

  StoredType type_;
  ValueReader<DType> reader_;
  std::vector<uint8_t> valid_;
  std::vector<int32_t> codes_;
  std::vector<typename DType::c_type> stored_;
};

[[noreturn]] void RefuseType(std::string_view wanted) {
  throw ParquetException(fmt::format("its type cannot be read as {}", wanted));
}

}  // namespace

std::unique_ptr<TextCursor> MakeTextCursor(const ColumnChunk& chunk,
                                           std::shared_ptr<arrow::Buffer> bytes) {
  switch (chunk.type) {
    case StoredType::kMissing:
    case StoredType::kNull:
      return std::make_unique<NullTextCursor>();
    case StoredType::kText:
      return std::make_unique<ByteArrayCursor>(chunk, std::move(bytes));
    case StoredType::kInt64:
      return std::make_unique<DigitsCursor<parquet::Int64Type>>(chunk, std::move(bytes));
    case StoredType::kDouble:
      return std::make_unique<DigitsCursor<parquet::DoubleType>>(chunk, std::move(bytes));
    default:
      RefuseType("text");
  }
}

std::unique_ptr<NumberCursor> MakeNumberCursor(const ColumnChunk& chunk,
                                               std::shared_ptr<arrow::Buffer> bytes) {
  switch (chunk.type) {
    case StoredType::kMissing:
    case StoredType::kNull:
      return std::make_unique<NullNumberCursor>();
    case StoredType::kDouble:
      return std::make_unique<ValueCursor<parquet::DoubleType>>(chunk, std::move(bytes));
    case StoredType::kFloat:
      return std::make_unique<ValueCursor<parquet::FloatType>>(chunk, std::move(bytes));
    case StoredType::kInt32:
      return std::make_unique<ValueCursor<parquet::Int32Type>>(chunk, std::move(bytes));
    case StoredType::kInt64:
      return std::make_unique<ValueCursor<parquet::Int64Type>>(chunk, std::move(bytes));
    default:
      RefuseType("a number");
  }
}

std::unique_ptr<TimeCursor> MakeTimeCursor(const ColumnChunk& chunk,
                                           std::shared_ptr<arrow::Buffer> bytes) {
  switch (chunk.type) {
    case StoredType::kMissing:
    case StoredType::kNull:
      return std::make_unique<NullTimeCursor>();
    case StoredType::kTimestampMillis:
    case StoredType::kTimestampMicros:
    case StoredType::kTimestampNanos:
      return std::make_unique<InstantCursor<parquet::Int64Type>>(chunk, std::move(bytes));
    case StoredType::kInt96:
      return std::make_unique<InstantCursor<parquet::Int96Type>>(chunk, std::move(bytes));
    default:
      RefuseType("a timestamp");
  }
}

}  // namespace matome::arrow_io
