// SPDX-License-Identifier: Apache-2.0
#include "cli/program.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/help.h"
#include "cli/run_context.h"
#include "cli/signals.h"
#include "cli/stores.h"
#include "cli/versions.h"
#include <fmt/format.h>

#include "observe/log.h"
#include "report/text.h"

namespace matome::cli {
namespace {

/// An error for people, on stderr. Line breaks that list things stay.
void ShowError(std::string_view message) {
  std::string text = "matome: ";
  size_t line_start = 0;
  while (true) {
    const size_t line_end = std::min(message.find('\n', line_start), message.size());
    text += report::Printable(message.substr(line_start, line_end - line_start)) + "\n";
    if (line_end == message.size()) break;
    line_start = line_end + 1;
  }
  std::fwrite(text.data(), 1, text.size(), stderr);
}

/// 130 or 143 for an interrupted run, whatever way it noticed.
int ExitCodeFor(const base::Status& status) {
  if (status.code() == base::Code::kInterrupted && ReceivedSignal() != 0)
    return 128 + ReceivedSignal();
  return base::ExitCodeOf(status.code());
}

int Show(base::Result<std::string> text) {
  base::Status status = text.status();
  if (status.ok()) status = WriteResult(*text);
  if (status.ok()) return 0;
  ShowError(status.message());
  return base::ExitCodeOf(status.code());
}

observe::Logger::Options LoggerOptions(const config::Settings& settings,
                                       const config::Environment& environment) {
  observe::Logger::Options options;
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  if (settings.Text("log-format") == "json") options.format = observe::LogFormat::kJson;
  // At a terminal the result is all a person waits for.
  if (terminal && options.format == observe::LogFormat::kText)
    options.lowest = observe::LogLevel::kWarning;
  const auto level = settings.Text("log-level");
  if (level == "debug") options.lowest = observe::LogLevel::kDebug;
  if (level == "info") options.lowest = observe::LogLevel::kInfo;
  if (level == "warning") options.lowest = observe::LogLevel::kWarning;
  if (level == "error") options.lowest = observe::LogLevel::kError;
  if (settings.Switch("quiet"))
    options.lowest = std::max(options.lowest, observe::LogLevel::kWarning);
  // A live line would break a JSON log.
  options.terminal = terminal && options.format == observe::LogFormat::kText;
  options.color = options.terminal && WantsColor(STDERR_FILENO, environment);
  return options;
}

base::Result<int> RunCommand(const Invocation& invocation, const RunContext& context) {
  switch (invocation.command->settings) {
    case config::kSummarizeCommand:
      return RunSummarize(context);
    case config::kPlanCommand:
      return RunPlan(context);
    case config::kForgetCommand:
      return RunForget(context);
    case config::kDoctorCommand:
      return RunDoctor(context);
    case config::kReferenceCommand:
      return RunReference(context, invocation.words);
    default:
      return RunGenerate(context);
  }
}

int RunWithSettings(const Invocation& invocation, const config::Environment& environment) {
  const auto settings = config::Settings::Load(invocation.flags, environment);
  if (!settings.ok()) {
    if (invocation.command->settings == config::kDoctorCommand) {
      const bool json = std::any_of(invocation.flags.begin(), invocation.flags.end(),
                                    [](const auto& flag) { return flag.first == "json"; });
      return ShowUnusableConfiguration(settings.status(), json);
    }
    ShowError(settings.status().message());
    return base::ExitCodeOf(settings.status().code());
  }
  const auto options = LoggerOptions(*settings, environment);
  observe::Logger logger(STDERR_FILENO, options);
  for (const auto& warning : settings->warnings()) logger.Warning("{}", warning);
  if (const auto warning = InsecureWarning(*settings)) logger.Warning("{}", *warning);
  HandleSignals();
  const RunContext context = {.settings = *settings,
                              .logger = logger,
                              .json = settings->Switch("json"),
                              .quiet = settings->Switch("quiet"),
                              .color_stdout = WantsColor(STDOUT_FILENO, environment)};
  const auto exit_code = RunCommand(invocation, context);
  if (exit_code.ok()) return *exit_code;
  if (options.format == observe::LogFormat::kJson) {
    logger.Error("{}", exit_code.status().message());
  } else {
    logger.SetStatusLine({});
    ShowError(exit_code.status().message());
  }
  return ExitCodeFor(exit_code.status());
}

int ShowHelp(const Invocation& invocation) {
  const std::string topic = invocation.words.empty() ? std::string() : invocation.words.front();
  if (topic.empty()) return Show(ProgramHelp());
  if (topic == "settings") return Show(SettingsHelp());
  const CommandSpec* command = FindCommand(topic);
  if (command == nullptr)
    return Show(base::Usage(fmt::format("no help for \"{}\"; see matome help", topic)));
  return Show(CommandHelp(*command));
}

}  // namespace

int RunProgram(const std::vector<std::string>& arguments, const config::Environment& environment) {
  const auto invocation = ParseCommandLine(arguments);
  if (!invocation.ok()) {
    ShowError(invocation.status().message());
    return base::ExitCodeOf(invocation.status().code());
  }
  const CommandSpec* command = invocation->command;
  if (invocation->version) return Show(VersionText());
  if (command == nullptr) {
    if (invocation->help) return Show(ProgramHelp());
    const std::string help = ProgramHelp();
    std::fwrite(help.data(), 1, help.size(), stderr);
    return base::ExitCodeOf(base::Code::kUsage);
  }
  if (invocation->help) return Show(CommandHelp(*command));
  if (command->name == "help") return ShowHelp(*invocation);
  if (command->name == "version") return Show(VersionText());
  if (command->name == "completion") {
    if (invocation->words.empty()) {
      return Show(base::Usage("completion needs the name of a shell: bash, zsh or fish"));
    }
    return Show(CompletionScript(invocation->words.front()));
  }
  return RunWithSettings(*invocation, environment);
}

}  // namespace matome::cli
