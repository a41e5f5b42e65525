// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace matome::case_runner {

/// Where the objects of a case lie.
enum class Store : uint8_t { kMemory, kLocal, kS3 };

/// One way to run the cases: a file of tests/configs, whose README.md describes the keys.
struct RunConfig {
  std::string name;  // The file's name without ".config".

  int threads = 1;
  int64_t batch_rows = 1024;
  bool csv = false;
  bool database = false;          // The rows go through PostgreSQL, not a tree.
  int64_t memory_beyond_kib = 0;  // 0: no limit.
  Store store = Store::kMemory;
  bool output_to_s3 = false;
  bool same_bytes = false;

  int64_t file_rows = 0;  // 0: a table is one file.
  bool reversed = false;
  int64_t row_group_rows = 0;         // 0: one row group a file.
  int64_t page_rows = 0;              // 0: as the writer likes.
  int64_t dictionary_page_bytes = 0;  // 0: as the writer likes.
  bool dictionary = true;
  bool page_v2 = false;
  std::string codec = "snappy";
  bool statistics = true;
  bool large_string = false;
};

/// Parses the text of a configuration. An error says "path:line: what is wrong".
base::Result<RunConfig> ParseRunConfig(std::string_view path, std::string_view text);

base::Result<RunConfig> ReadRunConfig(const std::string& path);

}  // namespace matome::case_runner
