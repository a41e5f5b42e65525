// SPDX-License-Identifier: Apache-2.0
#include <parquet/exception.h>

#include "arrow_io/compact_reader_internal.h"
#include "arrow_io/page_header_internal.h"

namespace matome::arrow_io {
namespace {

using parquet::ParquetException;
using Type = CompactReader::Type;

int32_t NotNegative(CompactReader& reader, Type type) {
  const int32_t value = reader.ReadInt32(type);
  if (value < 0) throw ParquetException("a page of negative size");
  return value;
}

parquet::Encoding::type ReadEncoding(CompactReader& reader, Type type) {
  const int32_t value = NotNegative(reader, type);
  if (value > parquet::Encoding::BYTE_STREAM_SPLIT)
    throw ParquetException("a page of unknown encoding");
  return static_cast<parquet::Encoding::type>(value);
}

parquet::PageType::type ReadPageType(CompactReader& reader, Type type) {
  const int32_t value = NotNegative(reader, type);
  if (value > parquet::PageType::DATA_PAGE_V2) throw ParquetException("a page of unknown type");
  return static_cast<parquet::PageType::type>(value);
}

void ReadDataPage(CompactReader& reader, PageHeader& header) {
  reader.ReadStruct([&](int64_t id, Type type) {
    switch (id) {
      case 1:
        header.values = NotNegative(reader, type);
        break;
      case 2:
        header.encoding = ReadEncoding(reader, type);
        break;
      case 3:
        header.level_encoding = ReadEncoding(reader, type);
        break;
      default:
        reader.Skip(type);
    }
  });
}

void ReadDictionaryPage(CompactReader& reader, PageHeader& header) {
  reader.ReadStruct([&](int64_t id, Type type) {
    if (id == 1) {
      header.values = NotNegative(reader, type);
    } else if (id == 2) {
      header.encoding = ReadEncoding(reader, type);
    } else {
      reader.Skip(type);
    }
  });
}

void ReadDataPageV2(CompactReader& reader, PageHeader& header) {
  reader.ReadStruct([&](int64_t id, Type type) {
    switch (id) {
      case 1:
        header.values = NotNegative(reader, type);
        break;
      case 4:
        header.encoding = ReadEncoding(reader, type);
        break;
      case 5:
        header.definition_level_bytes = NotNegative(reader, type);
        break;
      case 6:
        header.repetition_level_bytes = NotNegative(reader, type);
        break;
      case 7:
        header.values_compressed = reader.ReadBool(type);
        break;
      default:
        reader.Skip(type);
    }
  });
}

}  // namespace

PageHeader ReadPageHeader(const uint8_t* begin, const uint8_t* end) {
  CompactReader reader(begin, end);
  PageHeader header;
  bool has_type = false;
  reader.ReadStruct([&](int64_t id, Type type) {
    switch (id) {
      case 1:
        header.type = ReadPageType(reader, type);
        has_type = true;
        break;
      case 2:
        header.uncompressed_bytes = NotNegative(reader, type);
        break;
      case 3:
        header.compressed_bytes = NotNegative(reader, type);
        break;
      case 4:
        header.checksum = static_cast<uint32_t>(reader.ReadInt32(type));
        break;
      case 5:
        CompactReader::Expect(type, Type::kStruct);
        ReadDataPage(reader, header);
        break;
      case 7:
        CompactReader::Expect(type, Type::kStruct);
        ReadDictionaryPage(reader, header);
        break;
      case 8:
        CompactReader::Expect(type, Type::kStruct);
        ReadDataPageV2(reader, header);
        break;
      default:
        reader.Skip(type);
    }
  });
  if (!has_type) throw ParquetException("a page without a type");
  header.header_bytes = static_cast<int32_t>(reader.position() - begin);
  if (header.compressed_bytes > end - reader.position())
    throw ParquetException("a page that goes on beyond its column's bytes");
  return header;
}

}  // namespace matome::arrow_io
