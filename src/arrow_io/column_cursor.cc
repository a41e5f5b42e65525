// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <deque>
#include <limits>
#include <numeric>

#include <fmt/format.h>
#include <parquet/exception.h>
#include <parquet/types.h>

#include "arrow_io/column_cursor_internal.h"
#include "arrow_io/value_reader_internal.h"

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
  int64_t page_offset() const override { return reader_.pages().page_offset(); }

  void Read(int64_t rows, batch::TextView& view) override {
    const Code first_new = next_code_;
    codes_.resize(static_cast<size_t>(rows));
    view.new_entries = {};
    const int64_t values = reader_.pages().Take(rows, valid_);
    if (reader_.AtDictionaryCodes()) {
      if (first_dictionary_code_ == batch::kNullCode) {
        first_dictionary_code_ = next_code_;
        view.new_entries = reader_.dictionary();
      }
      Shift shift{first_dictionary_code_, codes_.data()};
      reader_.ReadCodes(values, shift);
    } else {
      plain_.resize(static_cast<size_t>(values));
      reader_.Read(values, plain_.data());
      std::iota(codes_.data(), codes_.data() + values, next_code_);
      view.new_entries = plain_;
    }
    next_code_ += static_cast<Code>(view.new_entries.size());
    if (!valid_.empty()) Spread(valid_, values, batch::kNullCode, codes_.data());
    view.codes = codes_.data();
    view.first_new_code = first_new;
  }

 private:
  /// Takes codes of the dictionary as codes of the row group.
  struct Shift {
    Code first;
    Code* out;

    void Repeat(uint32_t code, int64_t count) { out = std::fill_n(out, count, first + code); }
    void Codes(const uint32_t* codes, int64_t count) {
      for (int64_t at = 0; at < count; ++at) out[at] = first + codes[at];
      out += count;
    }
  };

  ValueReader<parquet::ByteArrayType> reader_;
  Code next_code_ = batch::kNullCode + 1;
  Code first_dictionary_code_ = batch::kNullCode;
  std::vector<Code> codes_;
  std::vector<uint8_t> valid_;
  std::vector<std::string_view> plain_;
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
  int64_t page_offset() const override { return reader_.pages().page_offset(); }

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
  int64_t page_offset() const override { return reader_.pages().page_offset(); }

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
  int64_t page_offset() const override { return reader_.pages().page_offset(); }

  void Read(int64_t rows, std::vector<batch::TimeRun>& runs) override {
    runs.clear();
    const int64_t values = reader_.pages().Take(rows, valid_);
    if (valid_.empty() && reader_.AtDictionaryCodes()) {
      Runs sink{reader_.dictionary().data(), type_, runs};
      reader_.ReadCodes(rows, sink);
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
  /// Joins equal codes into runs.
  struct Runs {
    const typename DType::c_type* dictionary;
    StoredType type;
    std::vector<batch::TimeRun>& runs;
    uint32_t last = 0;
    int64_t end = 0;

    void Repeat(uint32_t code, int64_t count) {
      end += count;
      if (!runs.empty() && code == last) {
        runs.back().end = end;
      } else {
        runs.push_back({MillisOf(dictionary[code], type), end});
        last = code;
      }
    }
    void Codes(const uint32_t* codes, int64_t count) {
      for (int64_t first = 0; first < count;) {
        int64_t next = first + 1;
        while (next < count && codes[next] == codes[first]) ++next;
        Repeat(codes[first], next - first);
        first = next;
      }
    }
  };

  StoredType type_;
  ValueReader<DType> reader_;
  std::vector<uint8_t> valid_;
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
