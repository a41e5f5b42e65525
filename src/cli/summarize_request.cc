// SPDX-License-Identifier: Apache-2.0
#include "cli/summarize_request.h"

#include <matome_version.h>

#include "cli/output_targets.h"
#include "cli/stores.h"
#include <fmt/format.h>

#include "base/utf8.h"
#include "config/reference_file.h"
#include "model/summary_row.h"
#include "observe/resources.h"

namespace matome::cli {
namespace {

base::Status ReadName(const config::Settings& settings, std::string_view name, int64_t max_length,
                      std::optional<std::string>& out) {
  const auto* value = settings.Find(name);
  if (value == nullptr) return {};
  const std::string& text = value->texts[0];
  if (!base::IsValidUtf8(text))
    return base::Usage(fmt::format("{}: the text is not UTF-8", value->where));
  if (base::CodePointCount(text) > max_length) {
    return base::Usage(fmt::format("{}: the text is longer than the {} characters its column holds",
                                   value->where, max_length));
  }
  out = text;
  return {};
}

base::Status ReadFacts(const config::Settings& settings, bool from_database,
                       SummarizeRequest& request) {
  auto& reference = request.options.reference;
  if (const auto* path = settings.Find("reference")) {
    if (from_database) {
      return base::Usage(fmt::format(
          "{}: with a PostgreSQL output these facts are read from its tables; --tag-keys, "
          "--cluster-id and --cluster-alias stand in for some of them",
          path->where));
    }
    MATOME_ASSIGN_OR_RETURN(auto file, config::ReadReference(path->texts[0]));
    reference = std::move(file.data);
    request.warnings.insert(request.warnings.end(), file.warnings.begin(), file.warnings.end());
  }
  if (auto keys = settings.List("tag-keys")) reference.enabled_tag_keys = *std::move(keys);
  MATOME_RETURN_IF_ERROR(
      ReadName(settings, "cluster-id", model::kClusterIdMaxLength, reference.cluster_id));
  MATOME_RETURN_IF_ERROR(
      ReadName(settings, "cluster-alias", model::kClusterAliasMaxLength, reference.cluster_alias));
  request.tag_keys_given = from_database || reference.enabled_tag_keys.has_value();
  if (request.work.source_uuids.size() > 1 && (reference.cluster_id || reference.cluster_alias)) {
    return base::Usage(
        fmt::format("a cluster's id or alias is given, and {} sources are to be summarised; "
                    "summarise them one by one",
                    request.work.source_uuids.size()));
  }
  return {};
}

int Threads(const config::Settings& settings) {
  const auto threads = settings.Count("threads");
  return threads ? static_cast<int>(*threads) : observe::UsableCores();
}

}  // namespace

base::Result<SummarizeRequest> MakeSummarizeRequest(const config::Settings& settings) {
  MATOME_ASSIGN_OR_RETURN(const Input input, FindInput(settings));
  MATOME_ASSIGN_OR_RETURN(const OutputTargets outputs, FindOutputTargets(settings));
  if (settings.Switch("all-sources") && settings.has("source")) {
    return base::Usage(fmt::format("{} names one source and {} asks for all",
                                   settings.Find("source")->where,
                                   settings.Find("all-sources")->where));
  }
  MATOME_ASSIGN_OR_RETURN(const auto days, settings.Days());
  MATOME_ASSIGN_OR_RETURN(auto lake, OpenInput(input));
  MATOME_ASSIGN_OR_RETURN(auto work, FindWork(*lake, input.name,
                                              {.schema = settings.Text("schema"),
                                               .source_uuid = settings.Uuid("source"),
                                               .all_sources = settings.Switch("all-sources"),
                                               .days = days}));
  SummarizeRequest request;
  request.lake = std::move(lake);
  request.input = input.name;
  request.output = outputs.Describe();
  request.work = std::move(work);
  request.uses_database = outputs.database.has_value();
  request.uses_s3 = input.s3 || (outputs.tree && outputs.tree->s3);
  MATOME_RETURN_IF_ERROR(ReadFacts(settings, outputs.database.has_value(), request));

  if (outputs.database && !outputs.database->ledger) {
    request.warnings.emplace_back(
        "without a ledger every day is redone, and a run that was overtaken by a later one is not "
        "noticed");
  }

  auto& options = request.options;
  options.account = request.work.account;
  options.days = request.work.days;
  if (settings.Text("semantics") == "koku-postgresql")
    options.semantics = model::Semantics::kKokuPostgresql;
  if (settings.Text("on-bad-input") == "quarantine")
    options.on_bad_input = pipeline::OnBadInput::kQuarantine;
  options.outputs = outputs.InOrder();
  options.fill_reference = settings.Switch("fill-reference-tables");
  options.dry_run = settings.Switch("dry-run");
  options.force = settings.Switch("force");
  options.allow_empty_days = settings.Switch("allow-empty-days");
  options.threads = Threads(settings);
  options.memory_limit_bytes =
      settings.SizeBytes("memory-limit").value_or(observe::CgroupMemoryLimitBytes().value_or(0));
  if (const auto bytes = settings.SizeBytes("read-ahead")) options.read_ahead_bytes = *bytes;
  options.program_version = MATOME_VERSION;
  return request;
}

}  // namespace matome::cli
