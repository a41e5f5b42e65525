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

constexpr Commands kReading = kSummarizeCommand | kPlanCommand | kDoctorCommand;
constexpr Commands kEvery = kReading | kGenerateCommand | kForgetCommand | kReferenceCommand;
constexpr Commands kWriting = kSummarizeCommand | kForgetCommand;

constexpr std::string_view kWhat = "What to work on";
constexpr std::string_view kFacts = "Facts that the reports do not hold";
constexpr std::string_view kHow = "How to work";
constexpr std::string_view kDatabase = "How to work with PostgreSQL";
constexpr std::string_view kShape = "What to make up";
constexpr std::string_view kTelling = "What to tell";
constexpr std::string_view kServices = "Services";

constexpr auto kSettings = std::to_array<Setting>({
    {.name = "input",
     .commands = kReading,
     .group = kWhat,
     .value_name = "DIR",
     .description = "The lake: a directory with Parquet in Koku's layout (also the first argument)",
     .default_text = "./lake"},
    {.name = "output",
     .commands = kReading | kGenerateCommand | kForgetCommand,
     .group = kWhat,
     .value_name = "DIR|URL",
     .description =
         "Directory of the summary, or of the lake that generate makes; or a postgresql:// "
         "URL. Summaries may go to one of each: give it twice",
     .default_text = "./summary, ./lake",
     .repeatable = true},
    {.name = "format",
     .kind = kChoice,
     .commands = kReading,
     .group = kWhat,
     .value_name = "FORMAT",
     .description = "Format of the summary's files",
     .default_text = "parquet",
     .choices = "parquet|csv"},
    {.name = "source",
     .kind = kUuid,
     .commands = kEvery,
     .group = kWhat,
     .value_name = "UUID",
     .description = "The source (cluster)",
     .default_text = "the only one there is",
     .yaml_alias = "ocp.provider_uuid"},
    {.name = "all-sources",
     .kind = kSwitch,
     .commands = kReading,
     .group = kWhat,
     .description = "Every source under the account, each by itself; exit with the worst code"},
    {.name = "schema",
     .kind = kSchema,
     .commands = kEvery,
     .group = kWhat,
     .value_name = "NAME",
     .description = "The tenant, e.g. org1234567; with PostgreSQL it must be given",
     .default_text = "the only one there is",
     .yaml_alias = "postgresql.schema"},
    {.name = "month",
     .kind = kMonth,
     .commands = kEvery,
     .group = kWhat,
     .value_name = "YYYY-MM",
     .description = "The month",
     .default_text = "the only one there is"},
    {.name = "start",
     .kind = kDay,
     .commands = kReading,
     .group = kWhat,
     .value_name = "YYYY-MM-DD",
     .description = "The first day, instead of a month; may be in another month than the last"},
    {.name = "end",
     .kind = kDay,
     .commands = kReading,
     .group = kWhat,
     .value_name = "YYYY-MM-DD",
     .description = "The last day, inclusive"},

    {.name = "reference",
     .commands = kReading,
     .group = kFacts,
     .value_name = "FILE",
     .description = "YAML with cluster id, tag keys, cost categories and node roles"},
    {.name = "tag-keys",
     .kind = kList,
     .commands = kReading,
     .group = kFacts,
     .value_name = "KEY,...",
     .description = "The enabled label keys; stands in for those of the reference file"},
    {.name = "cluster-id",
     .commands = kReading,
     .group = kFacts,
     .value_name = "ID",
     .description = "The cluster's id",
     .default_text = "the source's UUID",
     .yaml_alias = "ocp.cluster_id"},
    {.name = "cluster-alias",
     .commands = kReading,
     .group = kFacts,
     .value_name = "NAME",
     .description = "The cluster's name"},

    {.name = "semantics",
     .kind = kChoice,
     .commands = kReading,
     .group = kHow,
     .value_name = "WHOSE",
     .description = "Whose rules hold where Koku's two implementations differ",
     .default_text = "trino",
     .choices = "trino|koku-postgresql"},
    {.name = "on-bad-input",
     .kind = kChoice,
     .commands = kSummarizeCommand | kPlanCommand,
     .group = kHow,
     .value_name = "ACTION",
     .description =
         "fail: leave the day as it was; quarantine: write it without the bad rows, exit 3",
     .default_text = "fail",
     .choices = "fail|quarantine"},
    {.name = "dry-run",
     .kind = kSwitch,
     .commands = kSummarizeCommand,
     .group = kHow,
     .description = "Read and compute, write nothing, say what would change"},
    {.name = "force",
     .kind = kSwitch,
     .commands = kSummarizeCommand | kPlanCommand,
     .group = kHow,
     .description = "Redo days whose input has not changed"},
    {.name = "allow-empty-days",
     .kind = kSwitch,
     .commands = kSummarizeCommand | kPlanCommand,
     .group = kHow,
     .description = "Empty a day that had rows and whose input is gone"},
    {.name = "fail-on-empty",
     .kind = kSwitch,
     .commands = kSummarizeCommand,
     .group = kHow,
     .description = "Exit 4 when there was nothing to do"},
    {.name = "threads",
     .kind = kCount,
     .commands = kReading | kGenerateCommand,
     .group = kHow,
     .value_name = "N",
     .description = "Worker threads",
     .default_text = "the usable cores",
     .least = 1},
    {.name = "memory-limit",
     .kind = kSize,
     .commands = kSummarizeCommand | kDoctorCommand,
     .group = kHow,
     .value_name = "SIZE",
     .description = "Of the whole process, e.g. 512MiB; 0 is no limit",
     .default_text = "the control group's"},

    {.name = "writers",
     .kind = kCount,
     .commands = kSummarizeCommand,
     .group = kDatabase,
     .value_name = "N",
     .description = "Connections that write days at the same time",
     .default_text = "2",
     .least = 1},
    {.name = "lock-timeout",
     .kind = kCount,
     .commands = kWriting,
     .group = kDatabase,
     .value_name = "SECONDS",
     .description = "How long to wait for another run of the same month to end",
     .default_text = "0"},
    {.name = "retry-timeout",
     .kind = kCount,
     .commands = kWriting,
     .group = kDatabase,
     .value_name = "SECONDS",
     .description =
         "How long to try again what may pass, for each day: no connection, a server that "
         "restarts, deadlocks, timeouts",
     .default_text = "120"},
    {.name = "no-ledger",
     .kind = kSwitch,
     .commands = kSummarizeCommand | kPlanCommand | kForgetCommand | kDoctorCommand,
     .group = kDatabase,
     .description = "Make and read no schema matome: every day is redone, and a run that was "
                    "overtaken by a later one is not noticed"},
    {.name = "create-partitions",
     .kind = kSwitch,
     .commands = kSummarizeCommand | kDoctorCommand,
     .group = kDatabase,
     .description = "Make the month's partition where it is missing"},
    {.name = "create-report-period",
     .kind = kSwitch,
     .commands = kSummarizeCommand | kDoctorCommand,
     .group = kDatabase,
     .description = "Make the source's report period where it is missing"},
    {.name = "fill-reference-tables",
     .kind = kSwitch,
     .commands = kSummarizeCommand | kDoctorCommand,
     .group = kDatabase,
     .description = "First fill the tables of clusters, nodes, volume claims and projects, as Koku "
                    "does before the summary"},
    {.name = "synchronous-commit",
     .kind = kChoice,
     .commands = kSummarizeCommand,
     .group = kDatabase,
     .value_name = "ON|OFF",
     .description = "off: faster; a crash of the server may lose the last days written, whole",
     .default_text = "on",
     .choices = "on|off"},

    {.name = "profile",
     .kind = kChoice,
     .commands = kGenerateCommand,
     .group = kShape,
     .value_name = "SIZE",
     .description = "A customer's size; the flags below change parts of it",
     .default_text = "small",
     .choices = "small|medium|large|xlarge|p99|max"},
    {.name = "clusters",
     .kind = kCount,
     .commands = kGenerateCommand,
     .group = kShape,
     .value_name = "N",
     .description = "Sources",
     .least = 1},
    {.name = "nodes",
     .kind = kCount,
     .commands = kGenerateCommand,
     .group = kShape,
     .value_name = "N",
     .description = "Nodes in all",
     .least = 1},
    {.name = "pods-per-node",
     .kind = kCount,
     .commands = kGenerateCommand,
     .group = kShape,
     .value_name = "N",
     .description = "Pods on each node",
     .least = 1},
    {.name = "namespaces",
     .kind = kCount,
     .commands = kGenerateCommand,
     .group = kShape,
     .value_name = "N",
     .description = "Namespaces of each cluster",
     .least = 1},
    {.name = "label-keys",
     .kind = kCount,
     .commands = kGenerateCommand,
     .group = kShape,
     .value_name = "N",
     .description = "Label keys of each pod",
     .default_text = "three to eight",
     .least = 3},
    {.name = "volumes",
     .kind = kCount,
     .commands = kGenerateCommand,
     .group = kShape,
     .value_name = "N",
     .description = "Volumes of each cluster"},
    {.name = "days",
     .kind = kCount,
     .commands = kGenerateCommand,
     .group = kShape,
     .value_name = "N",
     .description = "Days from the first of the month",
     .default_text = "the whole month",
     .least = 1},
    {.name = "churn",
     .kind = kFraction,
     .commands = kGenerateCommand,
     .group = kShape,
     .value_name = "SHARE",
     .description = "Share of the pods replaced each day, e.g. 0.1"},
    {.name = "layout",
     .kind = kChoice,
     .commands = kGenerateCommand,
     .group = kShape,
     .value_name = "HOW",
     .description = "How rows are cut into files",
     .default_text = "daily",
     .choices = "daily|monthly"},
    {.name = "files-per-day",
     .kind = kCount,
     .commands = kGenerateCommand,
     .group = kShape,
     .value_name = "N",
     .description = "1 to 24, with the daily layout",
     .default_text = "1",
     .least = 1},
    {.name = "messy",
     .kind = kSwitch,
     .commands = kGenerateCommand,
     .group = kShape,
     .description = "Add every oddity that real reports have"},
    {.name = "seed",
     .kind = kCount,
     .commands = kGenerateCommand,
     .group = kShape,
     .value_name = "N",
     .description = "The same seed makes the same bytes",
     .default_text = "1"},
    {.name = "replace",
     .kind = kSwitch,
     .commands = kGenerateCommand,
     .group = kShape,
     .description = "Delete what the lake holds of these sources' month"},

    {.name = "json",
     .kind = kSwitch,
     .commands = kEvery,
     .group = kTelling,
     .description = "The result as one JSON object instead of a table"},
    {.name = "quiet",
     .kind = kSwitch,
     .commands = kEvery,
     .group = kTelling,
     .description = "No progress, and only warnings and errors in the log"},
    {.name = "run-report",
     .commands = kSummarizeCommand,
     .group = kTelling,
     .value_name = "FILE",
     .description = "Write what the run did, in full, as JSON"},
    {.name = "log-format",
     .kind = kChoice,
     .commands = kEvery,
     .group = kTelling,
     .value_name = "FORMAT",
     .description = "Format of the log on stderr",
     .default_text = "text",
     .choices = "text|json"},
    {.name = "log-level",
     .kind = kChoice,
     .commands = kEvery,
     .group = kTelling,
     .value_name = "LEVEL",
     .description = "The least that is logged",
     .default_text = "info",
     .choices = "debug|info|warning|error"},
    {.name = "tracing-id",
     .commands = kSummarizeCommand,
     .group = kTelling,
     .value_name = "TEXT",
     .description = "Stands in every line of a JSON log",
     .default_text = "a random one"},
    {.name = "config",
     .commands = kEvery,
     .group = kTelling,
     .value_name = "FILE",
     .description = "YAML file with any of these settings; see matome help settings"},

    {.name = "ocp-year",
     .kind = kCount,
     .group = kServices,
     .value_name = "YYYY",
     .description = "With ocp.month: the month",
     .least = 1970,
     .yaml_alias = "ocp.year"},
    {.name = "ocp-month",
     .kind = kCount,
     .group = kServices,
     .value_name = "MM",
     .description = "With ocp.year: the month",
     .least = 1,
     .yaml_alias = "ocp.month"},
    {.name = "s3-endpoint",
     .group = kServices,
     .value_name = "URL",
     .description = "S3 endpoint",
     .yaml_alias = "s3.endpoint",
     .koku_variables = {"S3_ENDPOINT"},
     .service_variables = {"AWS_ENDPOINT_URL"}},
    {.name = "s3-bucket",
     .group = kServices,
     .value_name = "NAME",
     .description = "S3 bucket",
     .yaml_alias = "s3.bucket",
     .koku_variables = {"S3_BUCKET_NAME", "REQUESTED_BUCKET"}},
    {.name = "s3-region",
     .group = kServices,
     .value_name = "NAME",
     .description = "S3 region",
     .yaml_alias = "s3.region",
     .koku_variables = {"S3_REGION"},
     .service_variables = {"AWS_REGION", "AWS_DEFAULT_REGION"}},
    {.name = "s3-access-key",
     .group = kServices,
     .value_name = "KEY",
     .description = "S3 access key",
     .yaml_alias = "s3.access_key",
     .koku_variables = {"S3_ACCESS_KEY"},
     .service_variables = {"AWS_ACCESS_KEY_ID"},
     .secret = true},
    {.name = "s3-secret-key",
     .group = kServices,
     .value_name = "KEY",
     .description = "S3 secret key",
     .yaml_alias = "s3.secret_key",
     .koku_variables = {"S3_SECRET"},
     .service_variables = {"AWS_SECRET_ACCESS_KEY"},
     .secret = true},
    {.name = "postgresql-host",
     .group = kServices,
     .value_name = "HOST",
     .description = "PostgreSQL host",
     .yaml_alias = "postgresql.host",
     .koku_variables = {"DATABASE_SERVICE_HOST"}},
    {.name = "postgresql-port",
     .kind = kCount,
     .group = kServices,
     .value_name = "PORT",
     .description = "PostgreSQL port",
     .least = 1,
     .yaml_alias = "postgresql.port",
     .koku_variables = {"DATABASE_SERVICE_PORT"}},
    {.name = "postgresql-database",
     .group = kServices,
     .value_name = "NAME",
     .description = "PostgreSQL database",
     .yaml_alias = "postgresql.database",
     .koku_variables = {"DATABASE_NAME"}},
    {.name = "postgresql-user",
     .group = kServices,
     .value_name = "NAME",
     .description = "PostgreSQL user",
     .yaml_alias = "postgresql.user",
     .koku_variables = {"DATABASE_USER"}},
    {.name = "postgresql-password",
     .group = kServices,
     .value_name = "TEXT",
     .description = "PostgreSQL password",
     .yaml_alias = "postgresql.password",
     .koku_variables = {"DATABASE_PASSWORD"},
     .service_variables = {"PGPASSWORD"},
     .secret = true},
});

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

std::span<const Setting> AllSettings() { return kSettings; }

const Setting* FindSetting(std::string_view name) {
  const auto* const found =
      std::find_if(kSettings.begin(), kSettings.end(),
                   [name](const Setting& setting) { return setting.name == name; });
  return found == kSettings.end() ? nullptr : found;
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
