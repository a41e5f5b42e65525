// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "arrow_io/parquet_file.h"

namespace matome::arrow_io {

/// Takes from a footer (Thrift's FileMetaData) what concerns the columns of `file`, and passes over
/// the rest: fills in other_types and row_groups. Throws parquet::ParquetException.
void ParseFooter(std::span<const uint8_t> footer, ParquetFile& file);

}  // namespace matome::arrow_io
