// SPDX-License-Identifier: Apache-2.0
#include "pg/copy_encoder.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <random>

#include <fmt/format.h>

namespace matome::pg {
namespace {

using model::ColumnSource;

constexpr size_t kBlockBytes = size_t{256} * 1024;
constexpr std::string_view kSignature{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
constexpr std::string_view kTrailer{"\xff\xff", 2};
constexpr std::string_view kNull{"\xff\xff\xff\xff", 4};
constexpr char kJsonbVersion = 1;
constexpr int32_t kPostgresEpochDays = 10957;  // 2000-01-01 in days since 1970-01-01.
constexpr size_t kUuidBytes = 16;
// csi_volume_handle, the last name, is no column of the table.
constexpr size_t kNames = model::kNameCount - 1;
static_assert(static_cast<size_t>(model::Name::kCsiVolumeHandle) == kNames);

std::string BigEndian32(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string Field(std::string_view bytes) {
  return BigEndian32(static_cast<uint32_t>(bytes.size())).append(bytes);
}

std::optional<std::string> UuidBytes(std::string_view text) {
  std::string bytes;
  int high = -1;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '-' && (at == 8 || at == 13 || at == 18 || at == 23)) continue;
    int digit = 0;
    const char c = text[at];
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      digit = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = c - 'A' + 10;
    } else {
      return std::nullopt;
    }
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<char>(high << 4 | digit));
      high = -1;
    }
  }
  if (text.size() != 36 || bytes.size() != kUuidBytes || high >= 0) return std::nullopt;
  return bytes;
}

int RankOf(ColumnSource source) {
  switch (source) {
    case ColumnSource::kUuid:
      return 1;
    case ColumnSource::kCostCategoryId:
      return 2;
    case ColumnSource::kName:
      return 3;
    case ColumnSource::kLabels:
      return 4;
    case ColumnSource::kNumber:
      return 5;
    default:
      return 0;
  }
}

char* Put(std::string_view bytes, char* out) { return std::copy(bytes.begin(), bytes.end(), out); }

char* Put32(uint32_t value, char* out) {
  const uint32_t big_endian = __builtin_bswap32(value);
  std::memcpy(out, &big_endian, sizeof(big_endian));
  return out + sizeof(big_endian);
}

}  // namespace

std::span<const model::SummaryColumn> CopyColumns() {
  static const auto columns = [] {
    std::vector<model::SummaryColumn> chosen;
    for (const auto& column : model::SummaryColumns()) {
      if (column.source != ColumnSource::kName || column.index < kNames) chosen.push_back(column);
    }
    std::stable_sort(chosen.begin(), chosen.end(), [](const auto& left, const auto& right) {
      return std::pair(RankOf(left.source), left.index) <
             std::pair(RankOf(right.source), right.index);
    });
    return chosen;
  }();
  return columns;
}

std::string CopyColumnList() {
  std::string list;
  for (const auto& column : CopyColumns()) {
    if (!list.empty()) list += ", ";
    list += column.name;
  }
  return list;
}

UuidGenerator::UuidGenerator() {
  std::random_device device;
  for (auto& word : state_) word = uint64_t{device()} << 32 | device();
  state_[0] |= 1;  // All zero is the one state that the generator cannot leave.
}

// xoshiro256++ by Blackman and Vigna.
uint64_t UuidGenerator::NextWord() {
  const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

void UuidGenerator::Next(uint64_t position, uint64_t count, char* out) {
  // Only the version and the variant are not random: 48 bits decide the order.
  const uint64_t share = (uint64_t{1} << 48) / count;
  const uint64_t leading = position * share + NextWord() % share;
  const std::array words = {__builtin_bswap64(leading << 16 | (NextWord() & 0xffff)), NextWord()};
  std::memcpy(out, words.data(), kUuidBytes);
  out[6] = static_cast<char>((out[6] & 0x0f) | 0x40);
  out[8] = static_cast<char>((out[8] & 0x3f) | 0x80);
}

CopyEncoder::CopyEncoder(model::Semantics semantics, size_t null_columns)
    : null_columns_(null_columns), numerics_(semantics) {}

std::string CopyEncoder::ConstantFields(model::RowKind kind, const model::RunConstants& constants,
                                        std::string_view source_uuid, model::Day day) const {
  const auto columns = CopyColumns();
  const size_t count = columns.size() + null_columns_;
  std::string fields{static_cast<char>(count >> 8), static_cast<char>(count)};
  for (const auto& column : columns) {
    switch (column.source) {
      case ColumnSource::kReportPeriodId:
        fields += Field(BigEndian32(static_cast<uint32_t>(constants.report_period_id)));
        break;
      case ColumnSource::kClusterId:
        fields += Field(constants.cluster_id);
        break;
      case ColumnSource::kClusterAlias:
        fields += constants.cluster_alias ? Field(*constants.cluster_alias) : std::string(kNull);
        break;
      case ColumnSource::kDataSource:
        fields += Field(kind == model::RowKind::kStorage ? "Storage" : "Pod");
        break;
      case ColumnSource::kUsageDay:
        fields +=
            Field(BigEndian32(static_cast<uint32_t>(day.days_since_epoch - kPostgresEpochDays)));
        break;
      case ColumnSource::kSourceUuid:
        fields += Field(source_uuid);
        break;
      case ColumnSource::kInfrastructureUsageCost:
        fields += kind == model::RowKind::kUnallocated
                      ? std::string(kNull)
                      : Field(kJsonbVersion + std::string(model::kInfrastructureUsageCost));
        break;
      default:
        return fields;
    }
  }
  return fields;
}

void CopyEncoder::Reserve(size_t bytes) {
  if (buffer_.size() < size_ + bytes) buffer_.resize(std::max(size_ + bytes, kBlockBytes));
}

base::Status CopyEncoder::AppendRow(const model::DaySummary& summary, size_t position) {
  const model::SummaryRow& row = summary.rows[position];
  const std::string& constant = constant_fields_[static_cast<size_t>(row.kind)];
  std::array<std::string_view, kNames> names;
  std::array<std::string_view, model::kLabelsCount> labels;
  size_t bytes = constant.size() + (4 + kUuidBytes) + 8 + kNames * 4 + model::kLabelsCount * 5 +
                 model::kNumberCount * NumericField::kMaxBytes + null_columns_ * kNull.size();
  for (size_t at = 0; at < kNames; ++at) {
    names[at] = summary.text(static_cast<model::Name>(at), row.names[at]);
    bytes += names[at].size();
  }
  for (size_t at = 0; at < labels.size(); ++at) {
    if (row.labels[at] == model::kNullLabelSet) continue;
    labels[at] = summary.label_json(row.labels[at]);
    bytes += labels[at].size();
  }
  Reserve(bytes);

  char* out = Put(constant, buffer_.data() + size_);
  out = Put32(kUuidBytes, out);
  uuids_.Next(position, summary.rows.size(), out);
  out += kUuidBytes;
  if (row.has_cost_category) {
    out = Put32(static_cast<uint32_t>(row.cost_category_id), Put32(4, out));
  } else {
    out = Put(kNull, out);
  }
  for (size_t at = 0; at < kNames; ++at) {
    if (row.names[at] == base::kNullText) {
      out = Put(kNull, out);
    } else {
      out = Put(names[at], Put32(static_cast<uint32_t>(names[at].size()), out));
    }
  }
  for (size_t at = 0; at < labels.size(); ++at) {
    if (row.labels[at] == model::kNullLabelSet) {
      out = Put(kNull, out);
    } else {
      out = Put32(static_cast<uint32_t>(labels[at].size() + 1), out);
      *out++ = kJsonbVersion;
      out = Put(labels[at], out);
    }
  }
  for (size_t at = 0; at < model::kNumberCount; ++at) {
    const auto number = static_cast<model::Number>(at);
    if (!row.has(number)) {
      out = Put(kNull, out);
      continue;
    }
    const NumericField& field = numerics_.Field(row.number(number));
    if (field.empty()) {
      return base::BadInput(fmt::format("table {}: column {}: {} does not fit numeric(33,15)",
                                        model::kSummaryTable, model::NumberName(number),
                                        row.number(number)));
    }
    out = Put(field.bytes(), out);
  }
  for (size_t at = 0; at < null_columns_; ++at) out = Put(kNull, out);
  size_ = static_cast<size_t>(out - buffer_.data());
  return {};
}

base::Status CopyEncoder::Encode(const model::DaySummary& summary,
                                 const model::RunConstants& constants, const SendBlock& send) {
  const auto source_uuid = UuidBytes(constants.source_uuid);
  if (!source_uuid) {
    return base::BadInput(fmt::format("table {}: column source_uuid: '{}' is not a UUID",
                                      model::kSummaryTable, constants.source_uuid));
  }
  for (const auto kind : model::kRowKinds) {
    constant_fields_[static_cast<size_t>(kind)] =
        ConstantFields(kind, constants, *source_uuid, summary.day);
  }
  const auto put = [this](std::string_view bytes) {
    Reserve(bytes.size());
    size_ = static_cast<size_t>(Put(bytes, buffer_.data() + size_) - buffer_.data());
  };
  const auto flush = [&] {
    base::Status status = send({buffer_.data(), size_});
    size_ = 0;
    return status;
  };
  size_ = 0;
  put(kSignature);
  for (size_t position = 0; position < summary.rows.size(); ++position) {
    MATOME_RETURN_IF_ERROR(AppendRow(summary, position));
    if (size_ >= kBlockBytes) MATOME_RETURN_IF_ERROR(flush());
  }
  put(kTrailer);
  return flush();
}

}  // namespace matome::pg
