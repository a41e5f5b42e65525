// SPDX-License-Identifier: Apache-2.0
#include "arrow_io/parquet_file.h"

#include <algorithm>
#include <cstring>
#include <exception>

#include <fmt/format.h>

#include "arrow_io/footer_internal.h"

namespace matome::arrow_io {
namespace {

constexpr int64_t kMinimumBytes = 12;  // Two magic words and a footer length.
constexpr int64_t kTailBytes = 8;      // The footer's length and the magic word.
/// Read at once from the end: nearly every footer is shorter.
constexpr int64_t kFirstReadBytes = 32 * 1024;

base::Result<std::vector<uint8_t>> ReadTail(const store::RandomAccessObject& object,
                                            int64_t object_bytes, int64_t bytes) {
  std::vector<uint8_t> tail(static_cast<size_t>(bytes));
  MATOME_RETURN_IF_ERROR(object.ReadAt(object_bytes - bytes, tail));
  return tail;
}

base::Status CheckSize(const store::ObjectRef& object) {
  if (object.size_bytes >= kMinimumBytes) return {};
  return base::BadInput(fmt::format("not Parquet: only {} bytes", object.size_bytes));
}

/// How long the footer is by the object's last bytes.
base::Result<int64_t> FooterBytes(std::span<const uint8_t> tail, const store::ObjectRef& object) {
  const std::string_view magic(reinterpret_cast<const char*>(tail.data() + tail.size()) - 4, 4);
  if (magic == "PARE") return base::BadInput("the Parquet file is encrypted");
  if (magic != "PAR1") {
    return base::BadInput("not Parquet: it does not end in the magic word, or was cut off");
  }
  uint32_t footer_bytes = 0;
  std::memcpy(&footer_bytes, tail.data() + tail.size() - kTailBytes, sizeof(footer_bytes));
  if (footer_bytes > object.size_bytes - kMinimumBytes)
    return base::BadInput("not Parquet: the footer is longer than the file");
  return int64_t{footer_bytes};
}

/// `tail` holds at least the footer and what follows it.
base::Result<ParquetFile> Parse(std::span<const uint8_t> tail, int64_t footer_bytes,
                                const store::ObjectRef& object,
                                std::span<const std::string_view> columns) {
  ParquetFile file{.object = object, .columns = columns, .other_types = {}, .row_groups = {}};
  try {
    ParseFooter(tail.last(static_cast<size_t>(footer_bytes + kTailBytes))
                    .first(static_cast<size_t>(footer_bytes)),
                file);
  } catch (const std::exception& error) {
    return base::BadInput(fmt::format("footer at byte {}: {}",
                                      object.size_bytes - kTailBytes - footer_bytes, error.what()));
  }
  return file;
}

}  // namespace

base::Result<ParquetFile> ReadFooter(const store::ObjectStore& store,
                                     const store::ObjectRef& object,
                                     std::span<const std::string_view> columns) {
  MATOME_RETURN_IF_ERROR(CheckSize(object));
  MATOME_ASSIGN_OR_RETURN(const auto opened, store.Open(object));
  MATOME_ASSIGN_OR_RETURN(auto tail, ReadTail(*opened, object.size_bytes,
                                              std::min(object.size_bytes, kFirstReadBytes)));
  MATOME_ASSIGN_OR_RETURN(const int64_t footer_bytes, FooterBytes(tail, object));
  if (footer_bytes + kTailBytes > static_cast<int64_t>(tail.size())) {
    MATOME_ASSIGN_OR_RETURN(tail, ReadTail(*opened, object.size_bytes, footer_bytes + kTailBytes));
  }
  return Parse(tail, footer_bytes, object, columns);
}

base::Result<ParquetFile> ReadFooter(std::span<const uint8_t> bytes, const store::ObjectRef& object,
                                     std::span<const std::string_view> columns) {
  MATOME_RETURN_IF_ERROR(CheckSize(object));
  MATOME_ASSIGN_OR_RETURN(const int64_t footer_bytes, FooterBytes(bytes, object));
  return Parse(bytes, footer_bytes, object, columns);
}

}  // namespace matome::arrow_io
