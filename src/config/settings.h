// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "config/setting.h"
#include "model/day.h"

namespace matome::config {

/// Who gave a value, weakest first: a stronger origin's value hides a weaker one's.
enum class Origin : uint8_t {
  kServiceVariable,  // PG*, AWS_*
  kKokuVariable,
  kFile,
  kVariable,  // MATOME_*
  kFlag,
};

/// A value that was given, as text that CheckValue() accepts.
struct GivenValue {
  std::vector<std::string> texts;  // Of a list its parts, of a repeated flag each; otherwise one.
  Origin origin = Origin::kFlag;
  std::string where;  // "--threads", "MATOME_THREADS", "matome.yaml:3:10: threads"
};

/// Flags as they came: name without dashes, value ("true" for a switch).
using Flags = std::vector<std::pair<std::string, std::string>>;
using Environment = std::map<std::string, std::string, std::less<>>;

/// All settings of a run after precedence: flag, MATOME_*, file, Koku's names, PG*/AWS_*. What was
/// not given at all is absent; defaults are those of the setting's user.
///
/// Names given to accessors must be in AllSettings() and of the right kind.
class Settings {
 public:
  /// Reads the file that --config or MATOME_CONFIG names, checks every value, and decides.
  ///
  /// A wrong flag is kUsage. A wrong variable, or anything wrong in the file (unknown key, wrong
  /// type), is kConfigInvalid and names the variable, or file, line and column. An empty variable
  /// counts as not set.
  static base::Result<Settings> Load(const Flags& flags, const Environment& environment);

  bool has(std::string_view name) const { return Find(name) != nullptr; }
  /// Null if not given.
  const GivenValue* Find(std::string_view name) const;

  std::optional<std::string> Text(std::string_view name) const;
  std::string TextOr(std::string_view name, std::string_view fallback) const;
  bool Switch(std::string_view name) const;
  std::optional<int64_t> Count(std::string_view name) const;
  std::optional<double> Fraction(std::string_view name) const;
  std::optional<int64_t> SizeBytes(std::string_view name) const;
  std::optional<std::vector<std::string>> List(std::string_view name) const;
  std::optional<std::string> Uuid(std::string_view name) const;  // In lower case.

  /// The days asked for by --start and --end or by a month (--month, or ocp.year with ocp.month);
  /// absent if by neither. Where both ways were used the stronger origin decides; of one origin
  /// they contradict: an error.
  base::Result<std::optional<model::DayRange>> Days() const;

  /// Everything given but secrets, by name, for the run report. Passwords in URLs are masked.
  std::vector<std::pair<std::string, std::string>> Shown() const;

  /// Suspicious but no reason to stop, e.g. a MATOME_ variable that nothing reads.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  friend class SettingsLoader;

  std::map<std::string, GivenValue, std::less<>> values_;
  std::vector<std::string> warnings_;
};

}  // namespace matome::config
