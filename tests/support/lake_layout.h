// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "testing/random_source.h"

namespace matome::support {

enum class Codec : uint8_t { kSnappy, kZstd, kGzip, kNone };

enum class Encoding : uint8_t {
  kDictionary,  // Plain where the dictionary overflows.
  kPlain,
  kDelta,  // Texts as DELTA_BYTE_ARRAY, numbers as BYTE_STREAM_SPLIT.
};

enum class TimeType : uint8_t { kMillis, kMicros, kNanos, kMillisUtc, kInt96 };

/// The physical form of a lake. Whatever it is, the rows of a day keep their order, by key and
/// then by place in the file. The defaults are the form that Koku writes.
struct LakeLayout {
  bool days_in_one_file = false;      ///< Otherwise every day has files of its own.
  int64_t file_rows = 0;              ///< The most rows of a file; 0: no limit.
  int64_t row_group_rows = 0;         ///< 0: one row group a file.
  int64_t page_rows = 0;              ///< 0: as the writer likes.
  int64_t dictionary_page_bytes = 0;  ///< Where a dictionary overflows; 0: as the writer likes.
  Encoding encoding = Encoding::kDictionary;
  Codec codec = Codec::kSnappy;
  TimeType time_type = TimeType::kMillis;
  bool large_string = false;
  bool page_v2 = false;
  bool statistics = true;
  bool arrow_schema = true;
  uint64_t column_order = 0;           ///< 0: as in the report; else the seed of a shuffle.
  bool upper_case_names = false;       ///< Of columns, which are found whatever their case.
  bool null_columns_left_out = false;  ///< Per file.
  bool unused_columns = false;         ///< Some that the summary does not read.
  /// Objects that do not count: hidden, empty, of another source, of another month.
  bool decoys = false;
};

/// One of many, as `random` has it.
LakeLayout RandomLayout(testing::RandomSource& random);

/// For people: what differs from the form that Koku writes.
std::string Describe(const LakeLayout& layout);

}  // namespace matome::support
