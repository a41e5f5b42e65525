// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace matome::ingest {

/// Whether a field is NULL (payload §3.1): empty, or one of the words that pandas takes for it.
bool IsNaWord(std::string_view text);

/// The text with `& < > " '` written for HTML (payload §3.2).
std::string EscapeHtml(std::string_view text);

/// The number that Python's float() reads (payload §3.5); nothing where it refuses. `text` is
/// UTF-8.
std::optional<double> ParseFloat(std::string_view text);

/// A date of a CSV.
struct FieldDate {
  int64_t utc_millis = 0;                 // Since 1970-01-01 00:00; a date without a zone is UTC.
  std::optional<int32_t> offset_seconds;  // From UTC, if the text has a zone.

  bool operator==(const FieldDate&) const = default;
};

/// An instant as ISO 8601 writes it: a date, and with `T` or a blank a time, and with that a zone.
struct IsoTime {
  int64_t utc_micros = 0;                 // Since 1970-01-01 00:00; what is finer is cut off.
  std::optional<int32_t> offset_seconds;  // From UTC, if the text has a zone.
};
/// Nothing if the text is none.
std::optional<IsoTime> ParseIsoTime(std::string_view text);

/// Reads a date (payload §3.6), with "+0000 UTC" or without. Nothing if it is none, or lies outside
/// what 64 bits of nanoseconds hold.
std::optional<FieldDate> ParseFieldDate(std::string_view text);

/// The operator's label text as JSON (payload §3.7).
struct ConvertedLabels {
  std::string json;
  int64_t dropped = 0;  // Pieces that are no label, empty ones not counted.
};
ConvertedLabels ConvertLabels(std::string_view text);
/// The keys of the same.
std::vector<std::string> LabelKeys(std::string_view text);

/// The GPU rules of payload §3.10. `profile` is not empty.
std::string_view GpuVendor(std::string_view vendor);
std::string GpuModel(std::string_view model);
struct MigProfile {
  double slice_count = 0;
  double memory_mib = 0;
};
std::optional<MigProfile> ParseMigProfile(std::string_view profile);
/// The slices that a model can be cut into at most; nothing for an unknown one.
std::optional<double> MaxSlicesOf(std::string_view model);

}  // namespace matome::ingest
