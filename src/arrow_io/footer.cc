// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include <arrow/util/type_fwd.h>
#include <fmt/format.h>
#include <parquet/exception.h>
#include <parquet/types.h>

#include "arrow_io/compact_reader_internal.h"
#include "arrow_io/footer_internal.h"

namespace matome::arrow_io {
namespace {

using parquet::ParquetException;
using Type = CompactReader::Type;

bool EqualIgnoringCase(std::string_view left, std::string_view right) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

/// What a column's values mean, of the older and the newer way to say it.
enum class Meaning : uint8_t {
  kNone,
  kInteger,        // Whose stored bits, read as signed, are its value.
  kLargeUnsigned,  // Whose are not.
  kTimestampMillis,
  kTimestampMicros,
  kTimestampNanos,
  kDecimal,
  kDate,
  kNull,
  kText,
  kOther,
};

std::string_view NameOf(Meaning meaning) {
  switch (meaning) {
    case Meaning::kLargeUnsigned:
      return "unsigned";
    case Meaning::kTimestampMillis:
    case Meaning::kTimestampMicros:
    case Meaning::kTimestampNanos:
      return "timestamp";
    case Meaning::kDecimal:
      return "decimal";
    case Meaning::kDate:
      return "date";
    case Meaning::kOther:
      return "time or other";
    default:
      return "";
  }
}

/// An entry of the schema, which lists its tree depth first.
struct SchemaElement {
  std::string_view name;
  int32_t physical = -1;  // parquet::Type; -1 for a group.
  int32_t repetition = 0;
  int32_t children = 0;
  Meaning meaning = Meaning::kNone;
};

Meaning MeaningOfConverted(int32_t converted) {
  switch (converted) {
    case 0:   // UTF8
    case 4:   // ENUM
    case 19:  // JSON
    case 20:  // BSON
      return Meaning::kText;
    case 5:
      return Meaning::kDecimal;
    case 6:
      return Meaning::kDate;
    case 9:
      return Meaning::kTimestampMillis;
    case 10:
      return Meaning::kTimestampMicros;
    case 13:  // UINT_32
    case 14:
      return Meaning::kLargeUnsigned;
    case 11:  // UINT_8
    case 12:
    case 15:  // INT_8
    case 16:
    case 17:
    case 18:
      return Meaning::kInteger;
    default:
      return Meaning::kOther;
  }
}

Meaning ReadTimestampUnit(CompactReader& reader) {
  Meaning meaning = Meaning::kOther;
  reader.ReadStruct([&](int64_t id, Type type) {
    if (id != 2 || type != Type::kStruct) return reader.Skip(type);
    reader.ReadStruct([&](int64_t unit, Type unit_type) {
      if (unit == 1) meaning = Meaning::kTimestampMillis;
      if (unit == 2) meaning = Meaning::kTimestampMicros;
      if (unit == 3) meaning = Meaning::kTimestampNanos;
      reader.Skip(unit_type);
    });
  });
  return meaning;
}

Meaning ReadIntegerMeaning(CompactReader& reader) {
  int64_t bits = 0;
  bool is_signed = true;
  reader.ReadStruct([&](int64_t id, Type type) {
    if (id == 1) {
      bits = reader.ReadInteger(type);
    } else if (id == 2) {
      is_signed = reader.ReadBool(type);
    } else {
      reader.Skip(type);
    }
  });
  return is_signed || bits < 32 ? Meaning::kInteger : Meaning::kLargeUnsigned;
}

Meaning ReadLogicalType(CompactReader& reader) {
  Meaning meaning = Meaning::kOther;
  reader.ReadStruct([&](int64_t id, Type type) {
    CompactReader::Expect(type, Type::kStruct);
    switch (id) {
      case 1:   // STRING
      case 4:   // ENUM
      case 12:  // JSON
      case 13:  // BSON
        meaning = Meaning::kText;
        break;
      case 5:
        meaning = Meaning::kDecimal;
        break;
      case 6:
        meaning = Meaning::kDate;
        break;
      case 8:
        meaning = ReadTimestampUnit(reader);
        return;
      case 10:
        meaning = ReadIntegerMeaning(reader);
        return;
      case 11:
        meaning = Meaning::kNull;
        break;
      default:
        break;
    }
    reader.Skip(type);
  });
  return meaning;
}

SchemaElement ReadSchemaElement(CompactReader& reader) {
  SchemaElement element;
  bool has_logical_type = false;
  reader.ReadStruct([&](int64_t id, Type type) {
    switch (id) {
      case 1:
        element.physical = reader.ReadInt32(type);
        break;
      case 3:
        element.repetition = reader.ReadInt32(type);
        break;
      case 4:
        element.name = reader.ReadBinary(type);
        break;
      case 5:
        element.children = reader.ReadInt32(type);
        break;
      case 6: {
        const int32_t converted = reader.ReadInt32(type);
        if (!has_logical_type) element.meaning = MeaningOfConverted(converted);
        break;
      }
      case 10:
        CompactReader::Expect(type, Type::kStruct);
        element.meaning = ReadLogicalType(reader);
        has_logical_type = true;
        break;
      default:
        reader.Skip(type);
    }
  });
  if (element.children < 0) throw ParquetException("a column with a negative number of children");
  return element;
}

StoredType TypeOf(const SchemaElement& column) {
  if (column.physical < 0 || column.repetition == parquet::Repetition::REPEATED)
    return StoredType::kOther;
  const Meaning meaning = column.meaning;
  if (meaning == Meaning::kNull) return StoredType::kNull;
  const bool plain_number = meaning == Meaning::kNone || meaning == Meaning::kInteger;
  switch (column.physical) {
    case parquet::Type::BYTE_ARRAY:
      return meaning == Meaning::kDecimal ? StoredType::kOther : StoredType::kText;
    case parquet::Type::DOUBLE:
      return StoredType::kDouble;
    case parquet::Type::FLOAT:
      return StoredType::kFloat;
    case parquet::Type::INT32:
      return plain_number ? StoredType::kInt32 : StoredType::kOther;
    case parquet::Type::INT96:
      return StoredType::kInt96;
    case parquet::Type::INT64:
      break;
    default:
      return StoredType::kOther;
  }
  switch (meaning) {
    case Meaning::kTimestampMillis:
      return StoredType::kTimestampMillis;
    case Meaning::kTimestampMicros:
      return StoredType::kTimestampMicros;
    case Meaning::kTimestampNanos:
      return StoredType::kTimestampNanos;
    default:
      return plain_number ? StoredType::kInt64 : StoredType::kOther;
  }
}

std::string DescribeType(const SchemaElement& column) {
  if (column.physical < 0) return "nested column";
  if (column.physical > parquet::Type::FIXED_LEN_BYTE_ARRAY) return "unknown type";
  std::string text = parquet::TypeToString(static_cast<parquet::Type::type>(column.physical));
  if (const auto meaning = NameOf(column.meaning); !meaning.empty())
    text += fmt::format(" ({})", meaning);
  if (column.repetition == parquet::Repetition::REPEATED) text += ", repeated";
  return text;
}

/// What the wanted columns are, and which of them each leaf of the schema is.
struct Schema {
  static constexpr size_t kUnwanted = SIZE_MAX;

  std::vector<size_t> wanted;  // By leaf: into the columns asked for, or kUnwanted.
  std::vector<StoredType> types;
  std::vector<bool> optional;
};

Schema ReadSchema(CompactReader& reader, Type list, ParquetFile& file) {
  Schema schema{.wanted = {},
                .types = std::vector(file.columns.size(), StoredType::kMissing),
                .optional = std::vector(file.columns.size(), true)};
  bool at_root = true;
  int64_t pending = 0;                      // Elements of a top-level group that are still to come.
  size_t group_column = Schema::kUnwanted;  // The column that this group is.
  reader.ReadList(list, Type::kStruct, [&] {
    const SchemaElement element = ReadSchemaElement(reader);
    const bool leaf = element.physical >= 0;
    if (at_root) {
      at_root = false;
    } else if (pending > 0) {
      pending += element.children - 1;
      // Its first leaf stands for the whole group.
      if (leaf) schema.wanted.push_back(std::exchange(group_column, Schema::kUnwanted));
    } else {
      const auto found = std::find_if(
          file.columns.begin(), file.columns.end(),
          [&](std::string_view name) { return EqualIgnoringCase(name, element.name); });
      auto at = static_cast<size_t>(found - file.columns.begin());
      if (found == file.columns.end() || schema.types[at] != StoredType::kMissing) {
        at = Schema::kUnwanted;
      } else {
        schema.types[at] = TypeOf(element);
        schema.optional[at] = element.repetition != parquet::Repetition::REQUIRED;
        if (schema.types[at] == StoredType::kOther) file.other_types[at] = DescribeType(element);
      }
      if (leaf) {
        schema.wanted.push_back(at);
      } else {
        pending = element.children;
        group_column = at;
      }
    }
  });
  return schema;
}

/// Of Parquet's codec numbers; Arrow's enumeration has another order.
arrow::Compression::type CodecOf(int32_t codec) {
  using arrow::Compression;
  constexpr Compression::type kCodecs[] = {
      Compression::UNCOMPRESSED, Compression::SNAPPY,     Compression::GZIP, Compression::LZO,
      Compression::BROTLI,       Compression::LZ4_HADOOP, Compression::ZSTD, Compression::LZ4};
  if (codec < 0 || codec >= static_cast<int32_t>(std::size(kCodecs)))
    throw ParquetException("compressed with an unknown codec");
  return kCodecs[codec];
}

int64_t FloorDivide(int64_t value, int64_t divisor) {
  const int64_t quotient = value / divisor;
  return value % divisor < 0 ? quotient - 1 : quotient;
}

struct ColumnStatistics {
  std::optional<int64_t> min, max, null_count;
};

ColumnStatistics ReadStatistics(CompactReader& reader) {
  ColumnStatistics statistics;
  const auto read_bound = [&](Type type, std::optional<int64_t>& bound) {
    const auto bytes = reader.ReadBinary(type);
    if (bytes.size() != sizeof(int64_t)) return;
    int64_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof(value));
    bound = value;
  };
  // The older fields (1, 2) mean the same for signed integers; the newer ones come later, and win.
  reader.ReadStruct([&](int64_t id, Type type) {
    if (id == 1 || id == 5) {
      read_bound(type, statistics.max);
    } else if (id == 2 || id == 6) {
      read_bound(type, statistics.min);
    } else if (id == 3) {
      statistics.null_count = reader.ReadInteger(type);
    } else {
      reader.Skip(type);
    }
  });
  return statistics;
}

std::optional<TimeBounds> BoundsOf(const ColumnStatistics& statistics, StoredType type) {
  int64_t unit = 1;
  if (type == StoredType::kTimestampMicros) {
    unit = 1'000;
  } else if (type == StoredType::kTimestampNanos) {
    unit = 1'000'000;
  } else if (type != StoredType::kTimestampMillis) {
    return std::nullopt;
  }
  if (!statistics.min || !statistics.max) return std::nullopt;
  return TimeBounds{.min_millis = FloorDivide(*statistics.min, unit),
                    .max_millis = FloorDivide(*statistics.max, unit),
                    .no_nulls = statistics.null_count == 0};
}

class RowGroupParser {
 public:
  RowGroupParser(CompactReader& reader, const Schema& schema, const ParquetFile& file)
      : reader_(reader), schema_(schema), file_(file) {}

  RowGroup Read() {
    RowGroup group;
    group.chunks.resize(file_.columns.size());
    size_t leaf = 0;
    reader_.ReadStruct([&](int64_t id, Type type) {
      if (id == 1) {
        reader_.ReadList(type, Type::kStruct, [&] {
          const size_t at = leaf < schema_.wanted.size() ? schema_.wanted[leaf] : Schema::kUnwanted;
          ++leaf;
          if (at == Schema::kUnwanted) {
            reader_.Skip(Type::kStruct);
          } else {
            ReadChunk(at, group);
          }
        });
      } else if (id == 3) {
        group.rows = reader_.ReadInteger(type);
      } else {
        reader_.Skip(type);
      }
    });
    if (group.rows < 0) throw ParquetException("a row group with a negative number of rows");
    if (leaf != schema_.wanted.size())
      throw ParquetException("a row group with another number of columns than the schema");
    return group;
  }

 private:
  void ReadChunk(size_t at, RowGroup& group) {
    bool has_metadata = false;
    reader_.ReadStruct([&](int64_t id, Type type) {
      if (id != 3) return reader_.Skip(type);
      CompactReader::Expect(type, Type::kStruct);
      ReadMetadata(at, group);
      has_metadata = true;
    });
    if (!has_metadata) {
      throw ParquetException(
          fmt::format("column {}: encrypted, or without metadata", file_.columns[at]));
    }
  }

  void ReadMetadata(size_t at, RowGroup& group) {
    ColumnChunk& chunk = group.chunks[at];
    chunk.type = schema_.types[at];
    chunk.optional = schema_.optional[at];
    chunk.compressed_bytes = -1;
    int64_t data_offset = -1;
    int64_t dictionary_offset = 0;
    reader_.ReadStruct([&](int64_t id, Type type) {
      switch (id) {
        case 4:
          chunk.codec = static_cast<uint8_t>(CodecOf(reader_.ReadInt32(type)));
          break;
        case 5:
          chunk.values = reader_.ReadInteger(type);
          break;
        case 6:
          chunk.uncompressed_bytes = std::max<int64_t>(reader_.ReadInteger(type), 0);
          break;
        case 7:
          chunk.compressed_bytes = reader_.ReadInteger(type);
          break;
        case 9:
          data_offset = reader_.ReadInteger(type);
          break;
        case 11:
          dictionary_offset = reader_.ReadInteger(type);
          break;
        case 12:
          CompactReader::Expect(type, Type::kStruct);
          if (at == 0) {
            group.time_bounds = BoundsOf(ReadStatistics(reader_), chunk.type);
          } else {
            reader_.Skip(type);
          }
          break;
        default:
          reader_.Skip(type);
      }
    });
    chunk.offset = dictionary_offset > 0 ? std::min(data_offset, dictionary_offset) : data_offset;
    const int64_t file_bytes = file_.object.size_bytes;
    if (chunk.offset < 0 || chunk.compressed_bytes < 0 || chunk.offset > file_bytes ||
        chunk.compressed_bytes > file_bytes - chunk.offset) {
      throw ParquetException(
          fmt::format("column {}: its bytes lie outside of the file", file_.columns[at]));
    }
  }

  CompactReader& reader_;
  const Schema& schema_;
  const ParquetFile& file_;
};

}  // namespace

void ParseFooter(std::span<const uint8_t> footer, ParquetFile& file) {
  CompactReader reader(footer.data(), footer.data() + footer.size());
  file.other_types.resize(file.columns.size());
  std::optional<Schema> schema;
  bool has_row_groups = false;
  reader.ReadStruct([&](int64_t id, Type type) {
    if (id == 2 && !schema) {
      schema = ReadSchema(reader, type, file);
    } else if (id == 4 && schema && !has_row_groups) {
      has_row_groups = true;
      reader.ReadList(type, Type::kStruct, [&] {
        RowGroup group = RowGroupParser(reader, *schema, file).Read();
        if (group.rows > 0) file.row_groups.push_back(std::move(group));
      });
    } else {
      reader.Skip(type);
    }
  });
  if (!schema || !has_row_groups)
    throw ParquetException("a footer without a schema or without row groups");
}

}  // namespace matome::arrow_io
