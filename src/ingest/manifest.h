// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/day.h"

namespace matome::ingest {

/// An instant with the offset from UTC that it was written with; one without an offset is UTC.
struct ManifestTime {
  int64_t utc_micros = 0;  // Since 1970-01-01 00:00 UTC.
  int32_t offset_seconds = 0;

  /// The same moment as a clock shows it where it was written.
  int64_t written_micros() const { return utc_micros + int64_t{offset_seconds} * 1'000'000; }
  model::Day written_day() const;

  bool operator==(const ManifestTime&) const = default;
};

/// What `manifest.json` says of a payload (payload §1.2), without what nothing depends on.
struct Manifest {
  std::string uuid;  // Lower case with dashes; of version 4.
  std::string cluster_id;
  ManifestTime date;
  std::vector<std::string> files;           // Each name once, in the order of the manifest.
  std::vector<std::string> repeated_files;  // Names that stand there more than once.
  std::vector<std::string> resource_optimization_files;
  std::string version;
  bool daily_reports = false;
  std::optional<ManifestTime> start;  // Absent too where the operator says that there is no data.
  std::optional<ManifestTime> end;

  /// Whether files are cut into days (payload §3.3).
  bool cuts_into_days() const { return version.empty() || daily_reports; }
};

/// Reads a manifest. An error (kBadInput) names the field.
base::Result<Manifest> ParseManifest(std::string_view text);

/// A timestamp as a manifest has it: ISO 8601, a date, or a number of seconds since 1970. Nothing
/// if it is none.
std::optional<ManifestTime> ParseManifestTime(std::string_view text);

}  // namespace matome::ingest
