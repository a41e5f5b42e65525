// SPDX-License-Identifier: Apache-2.0
#include "config/settings.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/check.h"
#include "config/database_url.h"
#include "config/nearest_name.h"
#include "config/value_text.h"
#include "config/yaml_node.h"

namespace matome::config {
namespace {

constexpr std::string_view kFileSuffix = "_FILE";

/// The error of a value that stands at `where`, in the class that fits its origin.
base::Status At(std::string_view where, Origin origin, std::string_view message) {
  const auto code = origin == Origin::kFlag ? base::Code::kUsage : base::Code::kConfigInvalid;
  return {code, fmt::format("{}: {}", where, message)};
}

/// Kubernetes gives every pod variables named after the services around it: MATOME_PORT,
/// MATOME_SERVICE_HOST …
bool IsServiceDiscovery(std::string_view variable) {
  return variable == "MATOME_PORT" || variable.starts_with("MATOME_PORT_") ||
         variable.find("_SERVICE_HOST") != std::string_view::npos ||
         variable.find("_SERVICE_PORT") != std::string_view::npos;
}

/// The keys of a YAML file: dotted path to setting, secrets with their file form.
struct FileKey {
  std::string path;
  const Setting* setting = nullptr;
  bool names_file = false;
};

std::vector<FileKey> AllFileKeys() {
  std::vector<FileKey> keys;
  for (const auto& setting : AllSettings()) {
    if (setting.name == "config") continue;
    const auto add = [&keys, &setting](std::string path) {
      keys.push_back({path, &setting, false});
      if (setting.secret) keys.push_back({path + "_file", &setting, true});
    };
    add(setting.YamlKey());
    if (!setting.yaml_alias.empty()) add(std::string(setting.yaml_alias));
  }
  return keys;
}

}  // namespace

/// Gathers what the origins give, weakest first, so that a stronger one overwrites.
class SettingsLoader {
 public:
  explicit SettingsLoader(const Environment& environment) : environment_(environment) {}

  base::Result<Settings> Load(const Flags& flags) {
    MATOME_RETURN_IF_ERROR(ReadServiceVariables());
    MATOME_RETURN_IF_ERROR(ReadFile(flags));
    MATOME_RETURN_IF_ERROR(ReadOwnVariables());
    MATOME_RETURN_IF_ERROR(ReadFlags(flags));
    return std::move(settings_);
  }

 private:
  const std::string* Variable(std::string_view name) const {
    const auto found = environment_.find(name);
    return found == environment_.end() || found->second.empty() ? nullptr : &found->second;
  }

  base::Status Give(const Setting& setting, const std::string& text, Origin origin,
                    const std::string& where) {
    if (auto status = CheckValue(setting, text); !status.ok()) {
      return At(where, origin, setting.secret ? "the value is not usable" : status.message());
    }
    GivenValue value{{text}, origin, where};
    if (setting.kind == SettingKind::kList) value.texts = SplitList(text);
    settings_.values_.insert_or_assign(std::string(setting.name), std::move(value));
    return {};
  }

  base::Status GiveFromFile(const Setting& setting, const std::string& path, Origin origin,
                            const std::string& where) {
    auto text = ReadTextFile(path);
    if (!text.ok()) return At(where, origin, text.status().message());
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
    return Give(setting, *text, origin, where);
  }

  base::Status ReadVariable(const Setting& setting, const std::string& name, Origin origin) {
    const std::string* value = Variable(name);
    const std::string* file = setting.secret ? Variable(name + std::string(kFileSuffix)) : nullptr;
    if (value != nullptr && file != nullptr) {
      return At(name, origin, fmt::format("{}{} is given too; one is enough", name, kFileSuffix));
    }
    if (file != nullptr) {
      return GiveFromFile(setting, *file, origin, name + std::string(kFileSuffix));
    }
    return value == nullptr ? base::Status() : Give(setting, *value, origin, name);
  }

  base::Status ReadServiceVariables() {
    for (const auto& setting : AllSettings()) {
      const auto read = [&](const auto& names, Origin origin) -> base::Status {
        // Backwards: the first name is the strongest.
        for (auto name = names.rbegin(); name != names.rend(); ++name) {
          if (!name->empty())
            MATOME_RETURN_IF_ERROR(ReadVariable(setting, std::string(*name), origin));
        }
        return {};
      };
      MATOME_RETURN_IF_ERROR(read(setting.service_variables, Origin::kServiceVariable));
      MATOME_RETURN_IF_ERROR(read(setting.koku_variables, Origin::kKokuVariable));
    }
    return {};
  }

  base::Status ReadOwnVariables() {
    std::set<std::string, std::less<>> known;
    for (const auto& setting : AllSettings()) {
      known.insert(setting.Variable());
      if (setting.secret) known.insert(setting.Variable() + std::string(kFileSuffix));
      MATOME_RETURN_IF_ERROR(ReadVariable(setting, setting.Variable(), Origin::kVariable));
    }
    const std::vector<std::string_view> names(known.begin(), known.end());
    for (auto entry = environment_.lower_bound("MATOME_");
         entry != environment_.end() && entry->first.starts_with("MATOME_"); ++entry) {
      if (known.contains(entry->first) || IsServiceDiscovery(entry->first)) continue;
      settings_.warnings_.push_back(fmt::format("nothing reads the variable {}{}", entry->first,
                                                Suggestion(entry->first, names)));
    }
    return {};
  }

  base::Status ReadFlags(const Flags& flags) {
    std::set<std::string_view> seen;
    for (const auto& [name, text] : flags) {
      const Setting* setting = FindSetting(name);
      MATOME_DCHECK(setting != nullptr);
      const bool first = seen.insert(name).second;
      if (!first && !setting->repeatable)
        return base::Usage(fmt::format("--{} is given twice", name));
      std::vector<std::string> earlier;
      if (!first) earlier = settings_.Find(name)->texts;
      MATOME_RETURN_IF_ERROR(Give(*setting, text, Origin::kFlag, "--" + name));
      auto& texts = settings_.values_.find(name)->second.texts;
      texts.insert(texts.begin(), earlier.begin(), earlier.end());
    }
    return {};
  }

  base::Status ReadFile(const Flags& flags) {
    std::string path;
    base::Code unreadable = base::Code::kConfigInvalid;
    if (const std::string* variable = Variable("MATOME_CONFIG")) path = *variable;
    for (const auto& [name, text] : flags) {
      if (name != "config") continue;
      path = text;
      unreadable = base::Code::kUsage;
    }
    if (path.empty()) return {};
    auto text = ReadTextFile(path);
    if (!text.ok()) return {unreadable, text.status().message()};
    MATOME_ASSIGN_OR_RETURN(const YamlNode root, ParseYaml(*text, path));
    file_ = path;
    if (root.kind == YamlNode::Kind::kNull) return {};
    if (root.kind != YamlNode::Kind::kMap) {
      return ErrorAt(file_, root.position,
                     fmt::format("expected a map of settings, found {}", KindName(root)));
    }
    return ReadSection(root, "");
  }

  base::Status ReadSection(const YamlNode& section, const std::string& prefix) {
    for (const auto& value : section.items) {
      const std::string path = prefix + value.key;
      const auto key = std::find_if(file_keys_.begin(), file_keys_.end(),
                                    [&path](const FileKey& known) { return known.path == path; });
      if (key != file_keys_.end()) {
        MATOME_RETURN_IF_ERROR(ReadFileValue(*key, value));
        continue;
      }
      const bool is_section =
          prefix.empty() &&
          std::any_of(file_keys_.begin(), file_keys_.end(),
                      [&](const FileKey& known) { return known.path.starts_with(path + "."); });
      if (!is_section) {
        return ErrorAt(
            file_, value.key_position,
            fmt::format("unknown key \"{}\"{}", value.key, SuggestionFor(value.key, prefix)));
      }
      if (value.kind == YamlNode::Kind::kNull) continue;
      if (value.kind != YamlNode::Kind::kMap) {
        return ErrorAt(
            file_, value.position,
            fmt::format("{}: expected a map of settings, found {}", path, KindName(value)));
      }
      MATOME_RETURN_IF_ERROR(ReadSection(value, path + "."));
    }
    return {};
  }

  std::string SuggestionFor(std::string_view key, std::string_view prefix) const {
    std::vector<std::string_view> names;
    for (const auto& known : file_keys_) {
      std::string_view name = known.path;
      if (!name.starts_with(prefix)) continue;
      name.remove_prefix(prefix.size());
      names.push_back(name.substr(0, name.find('.')));
    }
    return Suggestion(key, names);
  }

  base::Status ReadFileValue(const FileKey& key, const YamlNode& value) {
    if (value.kind == YamlNode::Kind::kNull) return {};
    const auto& setting = *key.setting;
    if (const auto [first, added] = file_paths_.emplace(setting.name, key.path); !added) {
      return ErrorAt(file_, value.key_position,
                     fmt::format("{} is given already, as {}", key.path, first->second));
    }
    const std::string where =
        fmt::format("{}:{}:{}: {}", file_, value.position.line, value.position.column, key.path);
    if (value.kind == YamlNode::Kind::kList &&
        (setting.kind == SettingKind::kList || (setting.repeatable && !value.items.empty()))) {
      return GiveList(setting, value, where);
    }
    if (value.kind != YamlNode::Kind::kScalar) {
      return At(where, Origin::kFile, fmt::format("expected one value, found {}", KindName(value)));
    }
    if (setting.kind == SettingKind::kSwitch && value.quoted) {
      return At(where, Origin::kFile,
                fmt::format("expected true or false, found the text \"{}\"", value.text));
    }
    if (key.names_file) return GiveFromFile(setting, value.text, Origin::kFile, where);
    return Give(setting, value.text, Origin::kFile, where);
  }

  base::Status GiveList(const Setting& setting, const YamlNode& list, const std::string& where) {
    GivenValue given{{}, Origin::kFile, where};
    for (const auto& item : list.items) {
      if (item.kind != YamlNode::Kind::kScalar || item.text.empty()) {
        return ErrorAt(
            file_, item.position,
            fmt::format("{}: expected a text, found {}", setting.YamlKey(), KindName(item)));
      }
      given.texts.push_back(item.text);
    }
    settings_.values_.insert_or_assign(std::string(setting.name), std::move(given));
    return {};
  }

  const Environment& environment_;
  const std::vector<FileKey> file_keys_ = AllFileKeys();
  std::string file_;
  std::map<std::string_view, std::string> file_paths_;  // By setting, the key that gave it.
  Settings settings_;
};

base::Result<Settings> Settings::Load(const Flags& flags, const Environment& environment) {
  return SettingsLoader(environment).Load(flags);
}

const GivenValue* Settings::Find(std::string_view name) const {
  MATOME_DCHECK(FindSetting(name) != nullptr);
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

std::optional<std::string> Settings::Text(std::string_view name) const {
  const auto* value = Find(name);
  return value == nullptr ? std::nullopt : std::optional(value->texts.front());
}

std::string Settings::TextOr(std::string_view name, std::string_view fallback) const {
  return Text(name).value_or(std::string(fallback));
}

bool Settings::Switch(std::string_view name) const {
  const auto text = Text(name);
  return text && ParseSwitch(*text).value_or(false);
}

std::optional<int64_t> Settings::Count(std::string_view name) const {
  const auto text = Text(name);
  return text ? ParseWholeNumber(*text) : std::nullopt;
}

std::optional<double> Settings::Fraction(std::string_view name) const {
  const auto text = Text(name);
  return text ? ParseFraction(*text) : std::nullopt;
}

std::optional<int64_t> Settings::SizeBytes(std::string_view name) const {
  const auto text = Text(name);
  return text ? ParseSizeBytes(*text) : std::nullopt;
}

std::optional<std::vector<std::string>> Settings::List(std::string_view name) const {
  const auto* value = Find(name);
  return value == nullptr ? std::nullopt : std::optional(value->texts);
}

std::optional<std::string> Settings::Uuid(std::string_view name) const {
  const auto text = Text(name);
  return text ? ParseUuid(*text) : std::nullopt;
}

base::Result<std::optional<model::DayRange>> Settings::Days() const {
  const auto* month = Find("month");
  const auto* year_number = Find("ocp-year");
  const auto* month_number = Find("ocp-month");
  const auto* start = Find("start");
  const auto* end = Find("end");
  GivenValue composed;
  if (year_number != nullptr || month_number != nullptr) {
    const auto* given = year_number != nullptr ? year_number : month_number;
    if (year_number == nullptr || month_number == nullptr) {
      return At(given->where, given->origin, "ocp.year and ocp.month go together");
    }
    if (month != nullptr && month->origin == given->origin) {
      return At(given->where, given->origin,
                fmt::format("the month is given already, by {}", month->where));
    }
    if (month == nullptr || month->origin < given->origin) {
      composed = {{fmt::format("{:04}-{:02}", *Count("ocp-year"), *Count("ocp-month"))},
                  given->origin,
                  given->where};
      if (!model::Month::Parse(composed.texts[0])) {
        return At(composed.where, composed.origin,
                  fmt::format("\"{}\" is not a month", composed.texts[0]));
      }
      month = &composed;
    }
  }
  const auto* range = start != nullptr ? start : end;
  if (range != nullptr && month != nullptr) {
    if (month->origin == range->origin) {
      return At(range->where, range->origin,
                fmt::format("{} is given too; give a month, or start and end", month->where));
    }
    if (month->origin > range->origin) range = nullptr;
  }
  if (range != nullptr) {
    if (start == nullptr || end == nullptr) {
      return At(range->where, range->origin, "start and end go together");
    }
    const model::DayRange days{*model::Day::Parse(start->texts[0]),
                               *model::Day::Parse(end->texts[0])};
    if (days.last < days.first) {
      return At(start->where, start->origin,
                fmt::format("{} is after the end, {}", start->texts[0], end->texts[0]));
    }
    return std::optional(days);
  }
  if (month == nullptr) return std::optional<model::DayRange>();
  const auto parsed = *model::Month::Parse(month->texts[0]);
  return std::optional(model::DayRange{parsed.first_day(), parsed.last_day()});
}

namespace {

std::string WithoutSecrets(const std::vector<std::string>& texts) {
  std::vector<std::string> shown;
  for (const auto& text : texts) shown.push_back(WithoutUrlSecrets(text));
  return fmt::format("{}", fmt::join(shown, ","));
}

}  // namespace

std::vector<std::pair<std::string, std::string>> Settings::Shown() const {
  std::vector<std::pair<std::string, std::string>> shown;
  for (const auto& [name, value] : values_) {
    if (!FindSetting(name)->secret) shown.emplace_back(name, WithoutSecrets(value.texts));
  }
  return shown;
}

}  // namespace matome::config
