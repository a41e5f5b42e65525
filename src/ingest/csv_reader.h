// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "ingest/byte_source.h"

namespace matome::ingest {

struct CsvOptions {
  int64_t row_bytes = int64_t{16} << 20;  // The longest row; a longer one fails the file.
  size_t columns = 2'000;                 // The widest header.
  /// Bytes that are not UTF-8 become U+FFFD instead of failing the file.
  bool replace_invalid_utf8 = false;
};

/// Some rows, each with as many fields as the header. Valid until the next call of the reader.
class CsvBlock {
 public:
  size_t row_count() const { return row_numbers_.size(); }
  /// The field's text: quotes gone, cut at a NUL. Fields that the row lacks are empty.
  std::string_view text(size_t row, size_t column) const {
    const Field field = fields_[row * width_ + column];
    const char* base = (field.begin & kUnquotedBit) == 0 ? text_ : unquoted_.data();
    return {base + (field.begin & ~kUnquotedBit), field.size};
  }
  /// The row's place among the rows of data, from 1.
  int64_t row_number(size_t row) const { return row_numbers_[row]; }

 private:
  friend class CsvReader;

  // A piece of text_, or of unquoted_ if its bit is set.
  struct Field {
    uint32_t begin = 0;
    uint32_t size = 0;
  };
  static constexpr uint32_t kUnquotedBit = uint32_t{1} << 31;

  const char* text_ = nullptr;
  size_t width_ = 0;
  std::vector<Field> fields_;  // Row after row.
  std::vector<int64_t> row_numbers_;
  std::string unquoted_;  // Texts that do not stand in the CSV as they are.
};

/// Reads a CSV in the dialect of payload §2: commas, `"` with doubling, lines that end in LF, CR LF
/// or CR; a byte order mark and blank lines are passed over. As in pandas a quote means something
/// only where a field begins, and text after the closing quote belongs to the field.
///
/// Memory: one block, or one row if that is longer.
class CsvReader {
 public:
  /// The source outlives the reader.
  CsvReader(ByteSource& source, const CsvOptions& options);

  /// Reads the header; comes first. False: there is nothing but line ends.
  base::Result<bool> ReadHeader();

  /// The header's names: an empty one is "Unnamed: INDEX", one that came before "NAME.1", and so
  /// on.
  const std::vector<std::string>& columns() const { return columns_; }

  /// Reads some rows; false at the end. An error (kBadInput: not UTF-8, a quote that is never
  /// closed, a row too long) names the row, and comes after the rows before it.
  base::Result<bool> Next(CsvBlock& block);

  int64_t bytes_read() const { return bytes_read_; }
  /// Rows of data so far, with those that are dropped.
  int64_t row_count() const { return row_count_; }
  /// Rows that were dropped because they have more fields than the header.
  int64_t rows_with_more_fields() const { return rows_with_more_fields_; }
  int64_t replaced_bytes() const { return replaced_bytes_; }

 private:
  enum class Parsed : uint8_t { kRow, kBlank, kEnd, kCut };
  class Scanner;

  base::Status Fill();
  base::Status CheckUtf8();
  void ReplaceInvalidUtf8();
  Parsed ParseRow(Scanner& scanner, size_t width, CsvBlock& block, size_t& field_count);
  Parsed ParseQuoted(Scanner& scanner, CsvBlock& block, CsvBlock::Field& field, size_t& stop);
  base::Result<bool> ParseRows(CsvBlock& block);
  base::Status CutError() const;
  std::string NextRowName() const;
  static void CutAtNul(CsvBlock& block, const char* text, size_t size);

  ByteSource& source_;
  CsvOptions options_;
  std::vector<char> buffer_;  // Readable for a scanner's word beyond end_.
  size_t begin_ = 0;          // Of what was not handed out.
  size_t checked_ = 0;        // UTF-8 up to here.
  size_t end_ = 0;
  bool ended_ = false;       // Nothing comes after end_.
  bool invalid_ = false;     // What comes at checked_ is not UTF-8.
  bool open_quote_ = false;  // The row at begin_ is cut within quotes.
  bool started_ = false;
  std::vector<std::string> columns_;
  int64_t bytes_read_ = 0;
  int64_t row_count_ = 0;
  int64_t rows_with_more_fields_ = 0;
  int64_t replaced_bytes_ = 0;
};

}  // namespace matome::ingest
