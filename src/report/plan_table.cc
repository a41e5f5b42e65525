// SPDX-License-Identifier: Apache-2.0
#include "report/plan_table.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/text.h"
#include "report/text_table.h"

namespace matome::report {
namespace {

using model::PlanDay;
using model::PlanState;

constexpr size_t kWidth = 100;

std::string StateWithReason(const PlanDay& day) {
  const std::string state = PlanStateName(day.state);
  return day.why.empty() ? state : state + ": " + Printable(day.why);
}

std::string DayTable(const model::PlanResult& plan, bool color) {
  TextTable table({{"day", false, 0},
                   {"objects", true, 2},
                   {"size", true, 2},
                   {"rows", true, 2},
                   {"what would be done, and why", false, 2}});
  table.AddRule();
  for (size_t at = 0; at < plan.days.size();) {
    const auto& day = plan.days[at];
    if (day.state != PlanState::kEmpty || !day.why.empty()) {
      table.AddRow({day.day.ToString(), WithThousands(day.objects), BytesText(day.bytes),
                    WithThousands(day.rows), StateWithReason(day)});
      ++at;
      continue;
    }
    size_t end = at;
    while (end < plan.days.size() && plan.days[end].state == PlanState::kEmpty &&
           plan.days[end].why.empty())
      ++end;
    table.AddRemark(
        day.day.ToString(),
        end == at + 1 ? "empty" : fmt::format("to {}: empty", plan.days[end - 1].day.ToString()));
    at = end;
  }
  table.AddRule();
  table.AddRow(
      {"to do", WithThousands(plan.objects), BytesText(plan.bytes), WithThousands(plan.rows)});
  return table.Text(color);
}

std::string Verdict(const model::PlanResult& plan) {
  std::vector<std::string> parts;
  for (const auto state : {PlanState::kNew, PlanState::kChanged, PlanState::kVanished,
                           PlanState::kUnchanged, PlanState::kEmpty}) {
    int64_t count = 0;
    for (const auto& day : plan.days) count += day.state == state ? 1 : 0;
    if (count > 0)
      parts.push_back(fmt::format("{} {}", WithThousands(count), PlanStateName(state)));
  }
  return fmt::format("{}: {}\n", Counted(static_cast<int64_t>(plan.days.size()), "day", "days"),
                     fmt::join(parts, ", "));
}

}  // namespace

std::string PlanStateName(PlanState state) {
  switch (state) {
    case PlanState::kNew:
      return "new";
    case PlanState::kChanged:
      return "changed";
    case PlanState::kUnchanged:
      return "unchanged";
    case PlanState::kVanished:
      return "vanished";
    case PlanState::kEmpty:
      return "empty";
  }
  return "unknown";
}

std::string FormatPlan(const std::vector<SourcePlan>& sources, bool color) {
  std::string out;
  for (const auto& source : sources) {
    if (!out.empty()) out += '\n';
    const std::string heading =
        fmt::format("source {}, {} to {}", source.source_uuid, source.range.first.ToString(),
                    source.range.last.ToString());
    out += color ? fmt::format("\x1b[1m{}\x1b[0m\n", heading) : heading + "\n";
    if (!source.status.ok()) {
      out += Wrapped("error: " + Printable(source.status.message()), kWidth, 2);
      continue;
    }
    out += '\n' + DayTable(source.plan, color) + '\n';
    for (const auto& warning : source.plan.warnings)
      out += Wrapped("warning: " + Printable(warning), kWidth, 2);
    out += Verdict(source.plan);
  }
  return out;
}

std::string FormatPlanJson(const std::vector<SourcePlan>& sources, int exit_code) {
  using Json = nlohmann::ordered_json;
  Json json = {{"program", "matome"},
               {"command", "plan"},
               {"exit_code", exit_code},
               {"sources", Json::array()}};
  for (const auto& source : sources) {
    Json entry = {{"account", source.account},
                  {"source", source.source_uuid},
                  {"start", source.range.first.ToString()},
                  {"end", source.range.last.ToString()},
                  {"error", nullptr},
                  {"days", Json::array()}};
    if (!source.status.ok()) {
      entry["error"] = {{"exit_code", base::ExitCodeOf(source.status.code())},
                        {"message", source.status.message()}};
    }
    for (const auto& day : source.plan.days) {
      entry["days"].push_back({{"day", day.day.ToString()},
                               {"state", PlanStateName(day.state)},
                               {"why", day.why},
                               {"objects", day.objects},
                               {"bytes", day.bytes},
                               {"rows", day.rows}});
    }
    entry["objects"] = source.plan.objects;
    entry["bytes"] = source.plan.bytes;
    entry["rows"] = source.plan.rows;
    entry["warnings"] = source.plan.warnings;
    json["sources"].push_back(std::move(entry));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace matome::report
