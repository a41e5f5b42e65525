// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include <parquet/types.h>

namespace matome::arrow_io {

/// What stands before each page of a column chunk.
struct PageHeader {
  parquet::PageType::type type = parquet::PageType::DATA_PAGE;
  int32_t header_bytes = 0;
  int32_t compressed_bytes = 0;
  int32_t uncompressed_bytes = 0;
  std::optional<uint32_t> checksum;  // CRC-32 of the page as it is stored.

  // Of data and dictionary pages:
  int32_t values = 0;  // NULLs included.
  parquet::Encoding::type encoding = parquet::Encoding::PLAIN;
  // Of data pages v1:
  parquet::Encoding::type level_encoding = parquet::Encoding::RLE;
  // Of data pages v2, whose levels are never compressed:
  bool values_compressed = true;
  int32_t definition_level_bytes = 0;
  int32_t repetition_level_bytes = 0;
};

/// Reads the header that begins at `begin`. Counts and sizes are not negative, and the page lies
/// before `end`. Throws parquet::ParquetException.
PageHeader ReadPageHeader(const uint8_t* begin, const uint8_t* end);

}  // namespace matome::arrow_io
