// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <array>
#include <vector>

#include "cli/command_line.h"
#include <fmt/format.h>

#include "config/nearest_name.h"

namespace matome::cli {
namespace {

using config::Setting;
using config::SettingKind;

constexpr std::array<std::string_view, 3> kShells = {"bash", "zsh", "fish"};

bool NamesDirectory(const Setting& setting) { return setting.value_name.starts_with("DIR"); }
bool NamesFile(const Setting& setting) { return setting.value_name == "FILE"; }

std::vector<const Setting*> FlagsOf(const CommandSpec& command) {
  std::vector<const Setting*> flags;
  for (const auto& setting : config::AllSettings()) {
    if (setting.is_flag_of(command.settings)) flags.push_back(&setting);
  }
  return flags;
}

/// The words that may stand behind a command that takes no setting there.
std::vector<std::string_view> WordsOf(const CommandSpec& command) {
  std::vector<std::string_view> words;
  if (command.name == "completion") words.assign(kShells.begin(), kShells.end());
  if (command.name == "reference") words.emplace_back("export");
  if (command.name == "help") {
    for (const auto& known : AllCommands()) words.push_back(known.name);
    words.emplace_back("settings");
  }
  return words;
}

std::vector<std::string_view> CommandNames() {
  std::vector<std::string_view> names;
  for (const auto& command : AllCommands()) names.push_back(command.name);
  return names;
}

std::string Bash() {
  std::string choices;
  std::string directories;
  std::string others;
  for (const auto& setting : config::AllSettings()) {
    if (setting.commands == 0 || setting.kind == SettingKind::kSwitch) continue;
    if (setting.kind == SettingKind::kChoice) {
      choices += fmt::format(
          "    --{}) mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$word\"); return ;;\n",
          setting.name, fmt::join(config::ChoicesOf(setting), " "));
    } else {
      auto& list = NamesDirectory(setting) ? directories : others;
      if (NamesFile(setting)) continue;
      list += fmt::format("{}--{}", list.empty() ? "" : "|", setting.name);
    }
  }
  std::string commands;
  for (const auto& command : AllCommands()) {
    std::vector<std::string> words;
    for (const auto* flag : FlagsOf(command)) words.push_back(fmt::format("--{}", flag->name));
    words.emplace_back("--help");
    for (const auto word : WordsOf(command)) words.emplace_back(word);
    commands += fmt::format("    {}) words='{}' ;;\n", command.name, fmt::join(words, " "));
  }
  return fmt::format(
      R"(# bash completion of matome
_matome() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} words
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    mapfile -t COMPREPLY < <(compgen -W '{} --help --version' -- "$word")
    return
  fi
  case $previous in
{}    {}) mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
    {}) return ;;
    --config|--reference|--run-report) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
  esac
  case ${{COMP_WORDS[1]}} in
{}  esac
  if [[ $word == -* || ${{COMP_WORDS[1]}} == @(completion|help|reference) ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -d -- "$word")
  fi
}}
shopt -s extglob
complete -o filenames -F _matome matome
)",
      fmt::join(CommandNames(), " "), choices, directories, others, commands);
}

/// Text that is safe inside '…[…]' of zsh's _arguments.
std::string ZshText(std::string_view text) {
  std::string escaped;
  for (const char letter : text) {
    if (letter == '\'') {
      escaped += "'\\''";
      continue;
    }
    if (letter == '[' || letter == ']' || letter == ':' || letter == '\\') escaped += '\\';
    escaped += letter;
  }
  return escaped;
}

std::string ZshFlag(const Setting& setting) {
  std::string flag = fmt::format("'--{}[{}]", setting.name, ZshText(setting.description));
  if (setting.kind != SettingKind::kSwitch) {
    flag += ":" + ZshText(setting.value_name) + ":";
    if (setting.kind == SettingKind::kChoice)
      flag += fmt::format("({})", fmt::join(config::ChoicesOf(setting), " "));
    if (NamesDirectory(setting)) flag += "_files -/";
    if (NamesFile(setting)) flag += "_files";
  }
  return flag + "'";
}

std::string Zsh() {
  std::string names;
  std::string commands;
  for (const auto& command : AllCommands()) {
    names += fmt::format("    '{}:{}'\n", command.name, ZshText(command.summary));
    commands += fmt::format("    {}) _arguments", command.name);
    for (const auto* flag : FlagsOf(command)) commands += " \\\n      " + ZshFlag(*flag);
    commands += " \\\n      '--help[Explain the command]'";
    if (command.argument_is == "input") commands += " \\\n      '1:lake:_files -/'";
    if (const auto words = WordsOf(command); !words.empty()) {
      commands += fmt::format(" \\\n      '1:word:({})'", fmt::join(words, " "));
    }
    commands += " ;;\n";
  }
  return fmt::format(
      R"(#compdef matome
# zsh completion of matome
_matome() {{
  local -a commands
  commands=(
{}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
{}  esac
}}
if [[ $funcstack[1] == _matome ]]; then
  _matome "$@"
else
  compdef _matome matome
fi
)",
      names, commands);
}

std::string FishText(std::string_view text) {
  std::string escaped;
  for (const char letter : text) {
    if (letter == '\'' || letter == '\\') escaped += '\\';
    escaped += letter;
  }
  return escaped;
}

std::string Fish() {
  std::string out = "# fish completion of matome\ncomplete -c matome -f\n";
  for (const auto& command : AllCommands()) {
    out += fmt::format("complete -c matome -n __fish_use_subcommand -a {} -d '{}'\n", command.name,
                       FishText(command.summary));
    const std::string condition = fmt::format("-n '__fish_seen_subcommand_from {}'", command.name);
    for (const auto* flag : FlagsOf(command)) {
      out += fmt::format("complete -c matome {} -l {} -d '{}'", condition, flag->name,
                         FishText(flag->description));
      if (flag->kind == SettingKind::kChoice) {
        out += fmt::format(" -x -a '{}'", fmt::join(config::ChoicesOf(*flag), " "));
      } else if (NamesDirectory(*flag)) {
        out += " -x -a '(__fish_complete_directories)'";
      } else if (NamesFile(*flag)) {
        out += " -r -F";
      } else if (flag->kind != SettingKind::kSwitch) {
        out += " -x";
      }
      out += '\n';
    }
    if (command.argument_is == "input") {
      out += fmt::format("complete -c matome {} -a '(__fish_complete_directories)'\n", condition);
    }
    if (const auto words = WordsOf(command); !words.empty()) {
      out += fmt::format("complete -c matome {} -a '{}'\n", condition, fmt::join(words, " "));
    }
  }
  return out;
}

}  // namespace

base::Result<std::string> CompletionScript(std::string_view shell) {
  if (shell == "bash") return Bash();
  if (shell == "zsh") return Zsh();
  if (shell == "fish") return Fish();
  return base::Usage(fmt::format("no completion for \"{}\", only for {}{}", shell,
                                 fmt::join(kShells, ", "), config::Suggestion(shell, kShells)));
}

}  // namespace matome::cli
