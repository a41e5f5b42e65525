// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace matome::ingest {

/// A CSV as a state machine over single characters reads it: slow, and obviously as payload §2
/// says.
struct NaiveCsv {
  bool open_quote = false;  // A quote is never closed: `rows` are those before it.
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  // With as many fields as the header.
  std::vector<int64_t> row_numbers;
  int64_t row_count = 0;
  int64_t rows_with_more_fields = 0;
};

class NaiveReader {
 public:
  NaiveCsv Read(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    for (const char character : text) {
      if (state_ == State::kAfterCr) {
        state_ = State::kFieldStart;
        if (character == '\n') continue;
      }
      Take(character);
    }
    if (state_ == State::kQuoted) {
      csv_.open_quote = true;
    } else if (state_ != State::kAfterCr && (!fields_.empty() || !raw_.empty())) {
      EndRow();
    }
    return std::move(csv_);
  }

 private:
  enum class State { kFieldStart, kPlain, kQuoted, kQuoteInQuoted, kAfterCr };

  void Take(char byte) {
    const bool ends_row = byte == '\n' || byte == '\r';
    if (state_ != State::kQuoted && (byte == ',' || ends_row)) {
      if (byte == ',') {
        raw_ += byte;
        EndField();
      } else {
        EndRow();
      }
      state_ = byte == '\r' ? State::kAfterCr : State::kFieldStart;
      return;
    }
    raw_ += byte;
    switch (state_) {
      case State::kFieldStart:
        if (byte == '"') {
          state_ = State::kQuoted;
          return;
        }
        break;
      case State::kQuoted:
        if (byte == '"') {
          state_ = State::kQuoteInQuoted;
        } else {
          field_ += byte;
        }
        return;
      case State::kQuoteInQuoted:
        if (byte == '"') {
          field_ += byte;
          state_ = State::kQuoted;
          return;
        }
        break;
      default:
        break;
    }
    field_ += byte;
    state_ = State::kPlain;
  }

  void EndField() {
    fields_.push_back(field_.substr(0, field_.find('\0')));
    field_.clear();
  }

  void EndRow() {
    EndField();
    const bool is_blank = fields_.size() == 1 && raw_.find_first_not_of(" \t") == std::string::npos;
    if (!is_blank) AddRow();
    fields_.clear();
    raw_.clear();
  }

  void AddRow() {
    if (csv_.header.empty()) {
      for (size_t at = 0; at < fields_.size(); ++at) {
        std::string name = fields_[at].empty() ? "Unnamed: " + std::to_string(at) : fields_[at];
        csv_.header.push_back(name);
      }
      return;
    }
    ++csv_.row_count;
    if (fields_.size() > csv_.header.size()) {
      ++csv_.rows_with_more_fields;
      return;
    }
    fields_.resize(csv_.header.size());
    csv_.rows.push_back(fields_);
    csv_.row_numbers.push_back(csv_.row_count);
  }

  NaiveCsv csv_;
  State state_ = State::kFieldStart;
  std::string raw_;  // Of the row.
  std::string field_;
  std::vector<std::string> fields_;
};

inline NaiveCsv ReadNaively(std::string_view text) { return NaiveReader().Read(text); }

}  // namespace matome::ingest
