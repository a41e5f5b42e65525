// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include <sstream>

#include <fmt/format.h>

#include "report/text.h"
#include "report/text_table.h"

namespace matome::cli {
namespace {

constexpr size_t kWidth = 100;
constexpr size_t kTextColumn = 30;

/// "  --flag VALUE      what it is", wrapped below itself.
void AppendEntry(const std::string& head, const std::string& text, std::string& out) {
  out += "  " + head;
  if (head.size() + 4 > kTextColumn) {
    out += '\n' + std::string(kTextColumn, ' ');
  } else {
    out.append(kTextColumn - 2 - head.size(), ' ');
  }
  const std::string wrapped =
      report::Wrapped(std::string(kTextColumn, ' ') + text, kWidth, kTextColumn);
  out += wrapped.substr(kTextColumn);
}

std::string Describe(const config::Setting& setting) {
  std::string text(setting.description);
  // Some descriptions explain each choice already.
  const auto choices = config::ChoicesOf(setting);
  if (!choices.empty() && text.find(choices.front()) == std::string::npos) {
    text += fmt::format(": {}", fmt::join(choices, ", "));
  }
  if (!setting.default_text.empty()) text += fmt::format(" (default: {})", setting.default_text);
  return text;
}

}  // namespace

std::string ProgramHelp() {
  std::string out =
      "matome makes Koku's daily summary of OpenShift usage from Parquet on disk or S3, into files "
      "or PostgreSQL.\n\n"
      "usage: matome COMMAND [OPTIONS]\n\n";
  for (const auto& command : AllCommands()) {
    AppendEntry(std::string(command.name), std::string(command.summary), out);
  }
  out +=
      "\nTo begin with:\n"
      "  matome generate --profile small --output ./lake\n"
      "  matome summarize ./lake --output ./summary\n\n"
      "matome help COMMAND explains a command, matome help settings every setting.\n";
  return out;
}

std::string CommandHelp(const CommandSpec& command) {
  std::string out = fmt::format("{}.\n\nusage: matome {}{}{}{}\n", command.summary, command.name,
                                command.settings != 0 ? " [OPTIONS]" : "",
                                command.argument.empty() ? "" : " ", command.argument);
  std::string_view group;
  for (const auto& setting : config::AllSettings()) {
    if (!setting.is_flag_of(command.settings)) continue;
    if (setting.group != group) {
      group = setting.group;
      out += fmt::format("\n{}:\n", group);
    }
    AppendEntry(fmt::format("--{}{}{}", setting.name, setting.value_name.empty() ? "" : " ",
                            setting.value_name),
                Describe(setting), out);
  }
  if (!command.examples.empty()) {
    out += "\nexamples:\n";
    std::istringstream lines{std::string(command.examples)};
    for (std::string line; std::getline(lines, line);) out += "  " + line + "\n";
  }
  return out;
}

std::string SettingsHelp() {
  report::TextTable table(
      {{"flag", false, 0}, {"YAML key", false, 2}, {"variable", false, 2}, {"also", false, 2}});
  for (const auto& setting : config::AllSettings()) {
    std::vector<std::string> others;
    for (const auto& names : {setting.koku_variables, setting.service_variables}) {
      for (const auto name : names) {
        if (!name.empty()) others.emplace_back(name);
      }
    }
    // s3.region stands for s3_region too.
    const std::string_view section = setting.yaml_alias.substr(0, setting.yaml_alias.find('.'));
    const bool alias_alone = !section.empty() && setting.YamlKey().starts_with(section);
    std::string key(alias_alone ? setting.yaml_alias : setting.YamlKey());
    if (!setting.yaml_alias.empty() && !alias_alone) key += fmt::format(", {}", setting.yaml_alias);
    if (setting.name == "config") key.clear();
    table.AddRow({setting.commands != 0 ? fmt::format("--{}", setting.name) : std::string(), key,
                  setting.Variable(), fmt::format("{}", fmt::join(others, ", "))});
  }
  return table.Text(/*bold=*/false) +
         "\nThe strongest first: flag, MATOME_ variable, YAML file (--config), Koku's variables, "
         "PG* and AWS_*\n"
         "variables, default. Keys and passwords are also read from the file that NAME_FILE (in "
         "YAML:\n"
         "name_file) names. What is left open of the database's address, libpq takes from PG* "
         "variables,\n"
         "service file and .pgpass; keys of S3 are looked for in AWS's usual places.\n";
}

}  // namespace matome::cli
