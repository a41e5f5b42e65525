// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include <array>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "config/database_url.h"
#include "config/nearest_name.h"

namespace matome::cli {
namespace {

using config::SettingKind;

constexpr auto kCommands = std::to_array<CommandSpec>({
    {.name = "summarize",
     .summary = "Make the daily summary of a source's month",
     .settings = config::kSummarizeCommand,
     .argument = "[DIR|URL]",
     .argument_is = "input",
     .examples =
         "matome summarize\n"
         "matome summarize ./lake --month 2025-10 --tag-keys app,env --output ./summary\n"
         "matome summarize ./lake --schema org1234567 --output postgresql://koku@db/postgres\n"
         "matome summarize s3://koku-bucket --s3-endpoint http://minio:9000 --month 2025-10\n"
         "matome summarize ./lake --all-sources --start 2025-10-28 --end 2025-11-03 --json\n"},
    {.name = "plan",
     .summary = "Say what summarize would read, and why",
     .settings = config::kPlanCommand,
     .argument = "[DIR|URL]",
     .argument_is = "input",
     .examples = "matome plan ./lake --month 2025-10\n"},
    {.name = "forget",
     .summary = "Remove a source, or one month of it, from an output",
     .settings = config::kForgetCommand,
     .examples = "matome forget --source 6e2a3f10-0000-4000-8000-00000000abcd --month 2025-10\n"},
    {.name = "doctor",
     .summary = "Check all that summarize needs, a line each, and say what to do",
     .settings = config::kDoctorCommand,
     .argument = "[DIR|URL]",
     .argument_is = "input",
     .examples =
         "matome doctor ./lake --schema org1234567 --output postgresql://koku@db/postgres\n"},
    {.name = "reference",
     .summary = "Print a tenant's reference data as the YAML that --reference takes",
     .settings = config::kReferenceCommand,
     .argument = "export [URL]",
     .examples = "matome reference export postgresql://koku@db/postgres --schema org1234567 \\\n"
                 "  --source 6e2a3f10-0000-4000-8000-00000000abcd > reference.yaml\n"},
    {.name = "generate",
     .summary = "Make up a month of reports to try things on",
     .settings = config::kGenerateCommand,
     .examples = "matome generate --profile small --output ./lake\n"},
    {.name = "completion",
     .summary = "Print a completion script for a shell",
     .argument = "bash|zsh|fish",
     .examples = "source <(matome completion bash)\n"},
    {.name = "version", .summary = "Print the versions of the program and its libraries"},
    {.name = "help",
     .summary = "Explain a command, or all settings",
     .argument = "[COMMAND|settings]",
     .examples = "matome help summarize\nmatome help settings\n"},
});

std::vector<std::string_view> NamesOf(const CommandSpec* command) {
  std::vector<std::string_view> names;
  if (command == nullptr) {
    for (const auto& known : kCommands) names.push_back(known.name);
    return names;
  }
  for (const auto& setting : config::AllSettings()) {
    if (setting.is_flag_of(command->settings)) names.push_back(setting.name);
  }
  names.emplace_back("help");
  return names;
}

/// The error of what the parser could make nothing of.
base::Status Unexpected(const std::string& word, const CommandSpec* command) {
  if (word.starts_with("-")) {
    const size_t start = std::min(word.find_first_not_of('-'), word.size());
    const auto name = std::string_view(word).substr(start, word.find('=') - start);
    const auto nearest = config::NearestName(name, NamesOf(command));
    const bool has_flags = command != nullptr && !nearest.empty();
    return base::Usage(fmt::format(
        "unknown option {}{}", word.substr(0, word.find('=')),
        has_flags ? fmt::format("; did you mean --{}?", nearest)
                  : fmt::format("; see matome help{}{}", command == nullptr ? "" : " ",
                                command == nullptr ? std::string_view() : command->name)));
  }
  if (command == nullptr) {
    return base::Usage(fmt::format("unknown command \"{}\"{}", word,
                                   config::NearestName(word, NamesOf(nullptr)).empty()
                                       ? "; see matome help"
                                       : config::Suggestion(word, NamesOf(nullptr))));
  }
  return base::Usage(fmt::format("unexpected argument \"{}\"; see matome help {}",
                                 config::WithoutUrlSecrets(word), command->name));
}

void AddSettings(const CommandSpec& command, CLI::App& parser, Invocation& invocation) {
  for (const auto& setting : config::AllSettings()) {
    if (!setting.is_flag_of(command.settings)) continue;
    const std::string flag = fmt::format("--{}", setting.name);
    if (setting.kind == SettingKind::kSwitch) {
      parser.add_flag_callback(
          flag, [&invocation, &setting] { invocation.flags.emplace_back(setting.name, "true"); });
      continue;
    }
    parser
        .add_option(flag,
                    [&invocation, &setting](const CLI::results_t& values) {
                      for (const auto& value : values)
                        invocation.flags.emplace_back(setting.name, value);
                      return true;
                    })
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->type_name(std::string(setting.value_name));
  }
}

void AddArgument(const CommandSpec& command, CLI::App& parser, Invocation& invocation) {
  if (command.argument.empty()) return;
  const auto take = [&invocation, &command](const CLI::results_t& values) {
    for (const auto& value : values) {
      if (command.argument_is.empty()) {
        invocation.words.push_back(value);
      } else {
        invocation.flags.emplace_back(command.argument_is, value);
      }
    }
    return true;
  };
  parser.add_option("argument", take);
  // An action, and what it is done to.
  if (command.argument.find(' ') != std::string_view::npos) parser.add_option("object", take);
}

/// The arguments in the order that CLI11 wants, last one first. It takes "--name=" for a flag whose
/// value follows; to us that is an empty value.
std::vector<std::string> Reversed(const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  for (const auto& argument : arguments) {
    if (argument.starts_with("--") && argument.find('=') + 1 == argument.size()) {
      words.push_back(argument.substr(0, argument.size() - 1));
      words.emplace_back();
    } else {
      words.push_back(argument);
    }
  }
  std::reverse(words.begin(), words.end());
  return words;
}

}  // namespace

std::span<const CommandSpec> AllCommands() { return kCommands; }

const CommandSpec* FindCommand(std::string_view name) {
  for (const auto& command : kCommands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

base::Result<Invocation> ParseCommandLine(const std::vector<std::string>& arguments) {
  Invocation invocation;
  try {
    CLI::App parser("", "matome");
    parser.set_help_flag();
    parser.allow_extras();
    parser.add_flag("-h,--help", invocation.help);
    parser.add_flag("--version", invocation.version);
    for (const auto& command : kCommands) {
      CLI::App* sub = parser.add_subcommand(std::string(command.name));
      sub->set_help_flag();
      sub->allow_extras();
      sub->add_flag("-h,--help", invocation.help);
      AddSettings(command, *sub, invocation);
      AddArgument(command, *sub, invocation);
    }
    // Once a command is found, what follows is its own.
    parser.require_subcommand(0, 1);
    parser.parse(Reversed(arguments));
    const auto chosen = parser.get_subcommands();
    if (!chosen.empty()) invocation.command = FindCommand(chosen.front()->get_name());
    if (invocation.help || invocation.version) return invocation;
    for (const auto& word : parser.remaining(/*recurse=*/true)) {
      if (word != "--") return Unexpected(word, invocation.command);
    }
  } catch (const CLI::Error& error) {
    return base::Usage(error.what());
  } catch (const std::exception& error) {
    return base::Failed(error.what());
  }
  return invocation;
}

}  // namespace matome::cli
