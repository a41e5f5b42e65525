// SPDX-License-Identifier: Apache-2.0
#include "support/lake_layout.h"

#include <array>
#include <string_view>

#include <fmt/format.h>

namespace matome::support {

LakeLayout RandomLayout(testing::RandomSource& random) {
  static constexpr std::array<int64_t, 6> kFileRows = {0, 0, 0, 0, 3, 9};
  static constexpr std::array<int64_t, 8> kRowGroupRows = {0, 0, 0, 0, 1, 4, 10, 16};
  static constexpr std::array<int64_t, 4> kPageRows = {0, 0, 1, 4};
  static constexpr std::array<int64_t, 4> kDictionaryPageBytes = {0, 0, 1, 64};
  LakeLayout layout;
  layout.days_in_one_file = random.Percent(30);
  layout.file_rows = random.Pick(kFileRows);
  layout.row_group_rows = random.Pick(kRowGroupRows);
  layout.page_rows = random.Pick(kPageRows);
  layout.dictionary_page_bytes = random.Pick(kDictionaryPageBytes);
  if (random.Percent(30)) {
    layout.encoding = random.Percent(70) ? Encoding::kPlain : Encoding::kDelta;
  }
  if (random.Percent(40)) layout.codec = static_cast<Codec>(random.Below(4));
  if (random.Percent(40)) layout.time_type = static_cast<TimeType>(random.Below(5));
  layout.large_string = random.Percent(30);
  layout.page_v2 = random.Percent(30);
  layout.statistics = random.Percent(70);
  layout.arrow_schema = random.Percent(70);
  if (random.Percent(40)) layout.column_order = 1 + random.Below(1000);
  layout.upper_case_names = random.Percent(10);
  layout.null_columns_left_out = random.Percent(40);
  layout.unused_columns = random.Percent(40);
  layout.decoys = random.Percent(40);
  return layout;
}

std::string Describe(const LakeLayout& layout) {
  static constexpr std::array<std::string_view, 4> kCodecs = {"snappy", "zstd", "gzip", "no"};
  static constexpr std::array<std::string_view, 3> kEncodings = {"dictionary", "plain", "delta"};
  static constexpr std::array<std::string_view, 5> kTimeTypes = {
      "timestamp[ms]", "timestamp[us]", "timestamp[ns]", "timestamp[ms, UTC]", "int96"};
  std::string text =
      fmt::format("{} codec, {} encoding, {}", kCodecs[static_cast<size_t>(layout.codec)],
                  kEncodings[static_cast<size_t>(layout.encoding)],
                  kTimeTypes[static_cast<size_t>(layout.time_type)]);
  const auto say = [&text](bool whether, std::string_view what) {
    if (whether) text += fmt::format(", {}", what);
  };
  const auto say_number = [&text](int64_t number, std::string_view what) {
    if (number != 0) text += fmt::format(", {} {}", number, what);
  };
  say(layout.days_in_one_file, "days in one file");
  say_number(layout.file_rows, "rows a file");
  say_number(layout.row_group_rows, "rows a row group");
  say_number(layout.page_rows, "rows a page");
  say_number(layout.dictionary_page_bytes, "bytes a dictionary page");
  say(layout.large_string, "large_string");
  say(layout.page_v2, "data pages v2");
  say(!layout.statistics, "no statistics");
  say(!layout.arrow_schema, "no Arrow schema");
  say(layout.column_order != 0, "columns shuffled");
  say(layout.upper_case_names, "names in capitals");
  say(layout.null_columns_left_out, "no columns of NULL");
  say(layout.unused_columns, "unused columns");
  say(layout.decoys, "decoys");
  return text;
}

}  // namespace matome::support
