// SPDX-License-Identifier: Apache-2.0
#include "config/setting.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "config/nearest_name.h"
#include "config/value_text.h"
#include "model/day.h"

namespace matome::config {
namespace {

using enum SettingKind;

base::Status Wrong(std::string_view text, std::string_view why) {
  return base::ConfigInvalid(fmt::format("\"{}\" {}", text, why));
}

base::Status CheckCount(const Setting& setting, std::string_view text) {
  const auto number = ParseWholeNumber(text);
  if (!number) return Wrong(text, "is not a whole number");
  if (*number < setting.least) return Wrong(text, fmt::format("is less than {}", setting.least));
  if (*number > std::numeric_limits<int32_t>::max()) return Wrong(text, "is too large");
  return {};
}

base::Status CheckChoice(const Setting& setting, std::string_view text) {
  const auto choices = ChoicesOf(setting);
  if (std::find(choices.begin(), choices.end(), text) != choices.end()) return {};
  return Wrong(text,
               fmt::format("is none of {}{}", fmt::join(choices, ", "), Suggestion(text, choices)));
}

base::Status CheckSchema(std::string_view text) {
  const bool safe = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
  return safe && !text.empty() ? base::Status() : Wrong(text, "is not the name of a schema");
}

base::Status Require(bool holds, std::string_view text, std::string_view why) {
  return holds ? base::Status() : Wrong(text, why);
}

}  // namespace

std::string Setting::YamlKey() const {
  std::string key(name);
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

std::string Setting::Variable() const {
  std::string variable = "MATOME_" + YamlKey();
  for (char& letter : variable) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return variable;
}

const Setting* FindSetting(std::string_view name) {
  const auto settings = AllSettings();
  const auto found = std::find_if(settings.begin(), settings.end(),
                                  [name](const Setting& setting) { return setting.name == name; });
  return found == settings.end() ? nullptr : &*found;
}

std::vector<std::string_view> ChoicesOf(const Setting& setting) {
  std::vector<std::string_view> choices;
  std::string_view rest = setting.choices;
  while (!rest.empty()) {
    const size_t bar = std::min(rest.find('|'), rest.size());
    choices.push_back(rest.substr(0, bar));
    rest.remove_prefix(std::min(bar + 1, rest.size()));
  }
  return choices;
}

base::Status CheckValue(const Setting& setting, std::string_view text) {
  switch (setting.kind) {
    case kText:
      return Require(!text.empty(), text, "is empty");
    case kList:
      return {};
    case kSwitch:
      return Require(ParseSwitch(text).has_value(), text, "is neither true nor false");
    case kCount:
      return CheckCount(setting, text);
    case kFraction:
      return Require(ParseFraction(text).has_value(), text, "is not a number such as 0.1");
    case kSize:
      return Require(ParseSizeBytes(text).has_value(), text, "is not a size such as 512MiB or 2G");
    case kChoice:
      return CheckChoice(setting, text);
    case kDay:
      return Require(model::Day::Parse(text).has_value(), text, "is not a date such as 2025-10-31");
    case kMonth:
      return Require(model::Month::Parse(text).has_value(), text, "is not a month such as 2025-10");
    case kUuid:
      return Require(ParseUuid(text).has_value(), text, "is not a UUID");
    case kSchema:
      return CheckSchema(text);
  }
  return {};
}

}  // namespace matome::config
