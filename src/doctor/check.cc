// SPDX-License-Identifier: Apache-2.0
#include "doctor/check.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/text.h"

namespace matome::doctor {
namespace {

constexpr size_t kWidth = 100;
constexpr std::array<std::string_view, 3> kWords = {"ok", "warn", "fail"};
constexpr std::array<std::string_view, 3> kColors = {"\x1b[32m", "\x1b[33m", "\x1b[31m"};

std::string_view WordOf(Verdict verdict) { return kWords[static_cast<size_t>(verdict)]; }

int64_t Count(const Checks& checks, Verdict verdict) {
  return std::count_if(checks.begin(), checks.end(),
                       [verdict](const Check& check) { return check.verdict == verdict; });
}

}  // namespace

Check Ok(std::string name, std::string finding) {
  return {std::move(name), Verdict::kOk, std::move(finding), "", 0};
}

Check Warning(std::string name, std::string finding, std::string remedy) {
  return {std::move(name), Verdict::kWarning, std::move(finding), std::move(remedy), 0};
}

Check Failure(std::string name, const base::Status& status, std::string remedy) {
  return {std::move(name), Verdict::kFailed, status.message(), std::move(remedy),
          base::ExitCodeOf(status.code())};
}

int ExitCodeOf(const Checks& checks) {
  const auto failure = std::find_if(checks.begin(), checks.end(), [](const Check& check) {
    return check.verdict == Verdict::kFailed;
  });
  return failure == checks.end() ? 0 : failure->exit_code;
}

std::string FormatChecks(const Checks& checks, bool color) {
  std::string out;
  for (const auto& check : checks) {
    const auto word = WordOf(check.verdict);
    const std::string line = report::Wrapped(
        fmt::format("{:6}{}: {}", "", check.name, report::Printable(check.finding)), kWidth, 6);
    if (color) out += kColors[static_cast<size_t>(check.verdict)];
    out += word;
    if (color) out += "\x1b[0m";
    out += line.substr(word.size());
    if (!check.remedy.empty())
      out += report::Wrapped("      → " + report::Printable(check.remedy), kWidth, 8);
  }
  const int64_t failed = Count(checks, Verdict::kFailed);
  const int64_t warned = Count(checks, Verdict::kWarning);
  out += fmt::format("{}, {} failed, {}{}\n",
                     report::Counted(static_cast<int64_t>(checks.size()), "check", "checks"),
                     failed, report::Counted(warned, "warning", "warnings"),
                     failed > 0 ? fmt::format(" (exit {})", ExitCodeOf(checks)) : "");
  return out;
}

std::string FormatChecksJson(const Checks& checks) {
  using Json = nlohmann::ordered_json;
  Json json = {{"program", "matome"},
               {"command", "doctor"},
               {"exit_code", ExitCodeOf(checks)},
               {"checks", Json::array()}};
  for (const auto& check : checks) {
    Json entry = {
        {"check", check.name}, {"verdict", WordOf(check.verdict)}, {"finding", check.finding}};
    if (!check.remedy.empty()) entry["remedy"] = check.remedy;
    if (check.verdict == Verdict::kFailed) entry["exit_code"] = check.exit_code;
    json["checks"].push_back(std::move(entry));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace matome::doctor
