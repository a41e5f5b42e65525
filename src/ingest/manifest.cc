// SPDX-License-Identifier: Apache-2.0
#include "ingest/manifest.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ingest/field_values.h"
#include "ingest/printable.h"

namespace matome::ingest {
namespace {

using nlohmann::json;

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = model::kMillisPerDay * 1000;

base::Status Bad(std::string_view field, std::string_view what) {
  return base::BadInput(fmt::format("manifest.json: {} {}", field, what));
}

bool IsDigit(char byte) { return byte >= '0' && byte <= '9'; }

// The value, or null if it is missing.
const json& ValueOf(const json& object, const char* field) {
  static const json null;
  const auto found = object.find(field);
  return found == object.end() ? null : *found;
}

bool IsSafeName(std::string_view name) {
  return name.find_first_of("/\\") == std::string_view::npos &&
         name.find("..") == std::string_view::npos;
}

// Lower case with dashes, from any spelling of a UUID; nothing if it is none of version 4.
std::optional<std::string> CanonicalUuid4(std::string_view text) {
  constexpr std::string_view urn = "urn:uuid:";
  if (text.starts_with(urn)) text.remove_prefix(urn.size());
  if (text.starts_with('{') && text.ends_with('}')) text = text.substr(1, text.size() - 2);
  const bool has_dashes = text.size() == 36;
  if (!has_dashes && text.size() != 32) return std::nullopt;
  std::string uuid;
  for (size_t at = 0; at < text.size(); ++at) {
    const char byte = text[at];
    if (has_dashes && (at == 8 || at == 13 || at == 18 || at == 23)) {
      if (byte != '-') return std::nullopt;
      continue;
    }
    if (uuid.size() == 8 || uuid.size() == 13 || uuid.size() == 18 || uuid.size() == 23)
      uuid += '-';
    if (IsDigit(byte) || (byte >= 'a' && byte <= 'f')) {
      uuid += byte;
    } else if (byte >= 'A' && byte <= 'F') {
      uuid += static_cast<char>(byte - 'A' + 'a');
    } else {
      return std::nullopt;
    }
  }
  constexpr size_t version_at = 14;
  constexpr size_t variant_at = 19;
  constexpr std::string_view variants = "89ab";
  if (uuid[version_at] != '4' || variants.find(uuid[variant_at]) == std::string_view::npos)
    return std::nullopt;
  return uuid;
}

base::Result<std::string> ReadUuid(const json& object) {
  const json& value = ValueOf(object, "uuid");
  if (!value.is_string()) return Bad("uuid", "is missing or not a text");
  auto uuid = CanonicalUuid4(value.get<std::string>());
  if (!uuid) return Bad("uuid", "is not a UUID of version 4");
  return *std::move(uuid);
}

base::Result<std::string> ReadClusterId(const json& object) {
  const json& value = ValueOf(object, "cluster_id");
  if (!value.is_string()) return Bad("cluster_id", "is missing or not a text");
  auto cluster_id = value.get<std::string>();
  if (cluster_id.empty()) return Bad("cluster_id", "is empty");
  if (!IsSafeName(cluster_id)) return Bad("cluster_id", "contains '/', '\\' or '..'");
  return cluster_id;
}

base::Result<std::vector<std::string>> ReadNames(const json& object, const char* field) {
  const json& value = ValueOf(object, field);
  std::vector<std::string> names;
  if (value.is_null()) return names;
  if (!value.is_array()) return Bad(field, "is not a list");
  for (const json& entry : value) {
    if (!entry.is_string()) return Bad(field, "has an entry that is not a text");
    names.push_back(entry.get<std::string>());
    if (!IsSafeName(names.back())) {
      return Bad(field, fmt::format("has a name that contains '/', '\\' or '..': {}",
                                    Printable(names.back())));
    }
  }
  return names;
}

// A boolean, or what is taken for one.
std::optional<bool> ToBoolean(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) {
    const auto number = value.get<double>();
    if (number == 0 || number == 1) return number == 1;
    return std::nullopt;
  }
  if (!value.is_string()) return std::nullopt;
  auto word = value.get<std::string>();
  for (char& byte : word) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  }
  constexpr std::array<std::string_view, 6> yes = {"1", "on", "t", "true", "y", "yes"};
  constexpr std::array<std::string_view, 6> no = {"0", "off", "f", "false", "n", "no"};
  if (std::ranges::find(yes, word) != yes.end()) return true;
  if (std::ranges::find(no, word) != no.end()) return false;
  return std::nullopt;
}

std::optional<ManifestTime> FromSeconds(double seconds) {
  constexpr double most = 2.5e11;  // The year 9892.
  if (!(std::abs(seconds) <= most)) return std::nullopt;
  return ManifestTime{static_cast<int64_t>(std::floor(seconds * kMicrosPerSecond)), 0};
}

std::optional<ManifestTime> ToTime(const json& value) {
  if (value.is_number()) return FromSeconds(value.get<double>());
  if (value.is_string()) return ParseManifestTime(value.get<std::string>());
  return std::nullopt;
}

base::Result<std::optional<ManifestTime>> ReadOptionalTime(const json& object, const char* field) {
  const json& value = ValueOf(object, field);
  if (value.is_null()) return std::optional<ManifestTime>();
  auto time = ToTime(value);
  if (!time) return Bad(field, "is not a timestamp");
  // Go's zero time.
  if (time->utc_micros == ParseManifestTime("0001-01-01T00:00:00Z")->utc_micros) time.reset();
  return time;
}

// Splits off the names that stood before.
void KeepDistinct(std::vector<std::string>& names, std::vector<std::string>& repeated) {
  absl::flat_hash_set<std::string> seen;
  absl::flat_hash_set<std::string> seen_again;
  std::vector<std::string> distinct;
  for (std::string& name : names) {
    if (seen.insert(name).second) {
      distinct.push_back(std::move(name));
    } else if (seen_again.insert(name).second) {
      repeated.push_back(std::move(name));
    }
  }
  names = std::move(distinct);
}

base::Result<Manifest> ReadManifest(const json& object) {
  if (!object.is_object()) return base::BadInput("manifest.json: is not a JSON object");
  Manifest manifest;
  MATOME_ASSIGN_OR_RETURN(manifest.uuid, ReadUuid(object));
  MATOME_ASSIGN_OR_RETURN(manifest.cluster_id, ReadClusterId(object));
  const auto date = ToTime(ValueOf(object, "date"));
  if (!date) return Bad("date", "is missing or not a timestamp");
  manifest.date = *date;
  MATOME_ASSIGN_OR_RETURN(manifest.files, ReadNames(object, "files"));
  KeepDistinct(manifest.files, manifest.repeated_files);
  MATOME_ASSIGN_OR_RETURN(manifest.resource_optimization_files,
                          ReadNames(object, "resource_optimization_files"));
  const json& version = ValueOf(object, "version");
  if (version.is_string()) manifest.version = version.get<std::string>();
  if (const auto daily = object.find("daily_reports"); daily != object.end()) {
    const auto value = ToBoolean(*daily);
    if (!value) return Bad("daily_reports", "is neither true nor false");
    manifest.daily_reports = *value;
  }
  MATOME_ASSIGN_OR_RETURN(manifest.start, ReadOptionalTime(object, "start"));
  MATOME_ASSIGN_OR_RETURN(manifest.end, ReadOptionalTime(object, "end"));
  return manifest;
}

}  // namespace

model::Day ManifestTime::written_day() const {
  const int64_t micros = written_micros();
  return {static_cast<int32_t>(micros / kMicrosPerDay - (micros % kMicrosPerDay < 0 ? 1 : 0))};
}

std::optional<ManifestTime> ParseManifestTime(std::string_view text) {
  if (const auto date = ParseIsoTime(text)) {
    return ManifestTime{date->utc_micros, date->offset_seconds.value_or(0)};
  }
  const bool may_be_number = !text.empty() && (IsDigit(text.front()) || text.front() == '-' ||
                                               text.front() == '+' || text.front() == '.');
  const auto seconds = may_be_number ? ParseFloat(text) : std::nullopt;
  return seconds ? FromSeconds(*seconds) : std::nullopt;
}

base::Result<Manifest> ParseManifest(std::string_view text) {
  try {
    const json document = json::parse(text);
    return ReadManifest(document);
  } catch (const json::exception& error) {
    return base::BadInput(fmt::format("manifest.json: {}", error.what()));
  }
}

}  // namespace matome::ingest
