// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/semantics.h"
#include "model/summary_row.h"
#include "model/table_schema.h"
#include "pg/numeric_encoder.h"

namespace matome::pg {

/// The 37 columns that the encoder fills, in its order: first those that are the same in all rows
/// of a kind.
std::span<const model::SummaryColumn> CopyColumns();

/// "cluster_id, data_source, …": CopyColumns() as COPY wants them named.
std::string CopyColumnList();

/// Random UUIDs of version 4, as their 16 bytes. Seeded from the system. Not thread-safe.
///
/// Those of a day ascend, which saves a quarter of the server's work for the day: the index of the
/// primary key grows at one place. Each is random within its share of all UUIDs.
class UuidGenerator {
 public:
  UuidGenerator();
  /// Writes the 16 bytes of number `position` of `count`, counted from 0.
  void Next(uint64_t position, uint64_t count, char* out);

 private:
  uint64_t NextWord();

  std::array<uint64_t, 4> state_;
};

/// Turns days into the stream of `COPY … FROM STDIN (FORMAT binary)` (docs/design/postgresql.md).
/// Its buffer is used again for each block and day. Not thread-safe.
class CopyEncoder {
 public:
  /// Takes a block before the encoder goes on; its memory is used again afterwards.
  using SendBlock = std::function<base::Status(std::string_view)>;

  /// Each row ends with `null_columns` NULLs for columns beside CopyColumns().
  explicit CopyEncoder(model::Semantics semantics, size_t null_columns = 0);

  /// Sends header, rows in the order of the summary, and trailer, in blocks of about 256 KiB. Every
  /// row gets a fresh UUID. kBadInput, with column and value, for what the table cannot hold; the
  /// stream is unfinished then.
  base::Status Encode(const model::DaySummary& summary, const model::RunConstants& constants,
                      const SendBlock& send);

 private:
  /// The count of fields, then those of CopyColumns() that are the same in all rows of a kind.
  std::string ConstantFields(model::RowKind kind, const model::RunConstants& constants,
                             std::string_view source_uuid, model::Day day) const;
  base::Status AppendRow(const model::DaySummary& summary, size_t position);
  /// Room for `bytes` more at end(), which may move the buffer.
  void Reserve(size_t bytes);

  size_t null_columns_;
  NumericCache numerics_;
  UuidGenerator uuids_;
  std::array<std::string, model::kRowKinds.size()> constant_fields_;  // With the count of fields.
  std::vector<char> buffer_;
  size_t size_ = 0;  // Of the buffer, filled.
};

}  // namespace matome::pg
