// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace matome::config {

/// What a setting's text must look like.
enum class SettingKind : uint8_t {
  kText,
  kSwitch,
  kCount,     // A whole number from Setting::least on.
  kFraction,  // Not negative.
  kSize,      // Bytes, with a unit.
  kList,      // Texts with commas between.
  kChoice,    // One of Setting::choices.
  kDay,       // YYYY-MM-DD
  kMonth,     // YYYY-MM
  kUuid,
  kSchema,  // A tenant's name, as it may stand in an object's key.
};

/// Which commands have a flag for a setting; a set of bits.
using Commands = uint8_t;
inline constexpr Commands kSummarizeCommand = 1;
inline constexpr Commands kPlanCommand = 2;
inline constexpr Commands kGenerateCommand = 4;
inline constexpr Commands kForgetCommand = 8;
inline constexpr Commands kDoctorCommand = 16;
inline constexpr Commands kReferenceCommand = 32;

/// One thing that can be set. The table of all of them drives flags, variables, the YAML file, help
/// and completions.
struct Setting {
  std::string_view name =
      {};  // The flag without dashes; the YAML key and the variable follow from it.
  SettingKind kind = SettingKind::kText;
  Commands commands = 0;  // None: not a flag.
  std::string_view group = {};
  std::string_view value_name = {};  // As help shows it.
  std::string_view description = {};
  std::string_view default_text = {};  // As help shows it; the default itself is its user's.
  std::string_view choices = {};       // "parquet|csv"
  int64_t least = 0;
  std::string_view yaml_alias =
      {};  // "ocp.provider_uuid": the word that users of YAML files already have.
  std::array<std::string_view, 2> koku_variables = {};
  std::array<std::string_view, 2> service_variables = {};  // PG*, AWS_*
  bool repeatable = false;  // A flag may be given more than once; a YAML value may be a list.
  bool secret = false;      // Also read from the file that NAME_FILE names; never shown.

  bool is_flag_of(Commands command) const { return (commands & command) != 0; }
  /// "memory_limit"
  std::string YamlKey() const;
  /// "MATOME_MEMORY_LIMIT"
  std::string Variable() const;
};

std::span<const Setting> AllSettings();

/// Null if there is none of that name.
const Setting* FindSetting(std::string_view name);

/// Whether `text` is a value of the setting. The error's message says what is wrong with it,
/// without saying where it stands: `"many" is not a whole number`.
base::Status CheckValue(const Setting& setting, std::string_view text);

/// The words of Setting::choices.
std::vector<std::string_view> ChoicesOf(const Setting& setting);

}  // namespace matome::config
