// SPDX-License-Identifier: Apache-2.0
#include "ingest/computed_columns.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "ingest/field_values.h"

namespace matome::ingest {
namespace {

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();

ConvertedColumn* Find(ConvertedTable& table, std::string_view name) {
  const auto found = std::ranges::find(table.columns, name, &ConvertedColumn::name);
  return found == table.columns.end() ? nullptr : &*found;
}

TextColumn* FindTexts(ConvertedTable& table, std::string_view name) {
  ConvertedColumn* column = Find(table, name);
  return column == nullptr ? nullptr : std::get_if<TextColumn>(&column->values);
}

// A CSV that has a column of that name has it replaced.
void Put(ConvertedTable& table, std::string_view name, NumberColumn values) {
  if (ConvertedColumn* column = Find(table, name)) {
    column->values = std::move(values);
  } else {
    table.columns.push_back({std::string(name), std::move(values)});
  }
}

void AddEffectiveUsage(ConvertedTable& table, std::string_view name, std::string_view usage,
                       std::string_view request) {
  const auto& usages = std::get<NumberColumn>(Find(table, usage)->values).values;
  const auto& requests = std::get<NumberColumn>(Find(table, request)->values).values;
  NumberColumn effective;
  effective.values.resize(table.row_count);
  // fmax() passes over a NaN.
  std::ranges::transform(usages, requests, effective.values.begin(),
                         [](double left, double right) { return std::fmax(left, right); });
  Put(table, name, std::move(effective));
}

// Changes the texts of a dictionary; equal ones become one entry.
template <typename Change>
void ChangeTexts(TextColumn& column, Change change) {
  absl::flat_hash_map<std::string_view, int32_t> codes;
  std::vector<std::string_view> dictionary;
  std::vector<int32_t> new_codes;
  for (const auto text : column.dictionary) {
    const auto [entry, is_new] =
        codes.try_emplace(change(text), static_cast<int32_t>(dictionary.size()));
    if (is_new) dictionary.push_back(entry->first);
    new_codes.push_back(entry->second);
  }
  column.dictionary = std::move(dictionary);
  for (int32_t& code : column.codes) {
    if (code != TextColumn::kNull) code = new_codes[static_cast<size_t>(code)];
  }
}

NumberColumn& NumbersOrNull(ConvertedTable& table, std::string_view name) {
  if (Find(table, name) == nullptr) {
    Put(table, name, NumberColumn{std::vector<double>(table.row_count, kNull)});
  }
  return std::get<NumberColumn>(Find(table, name)->values);
}

// What the profiles of partitioned GPUs say, per row with a profile.
void AddMigColumns(ConvertedTable& table, const std::vector<int32_t>& profile_codes,
                   const std::vector<std::string_view>& profiles) {
  constexpr std::string_view slice_count = "mig_slice_count";
  constexpr std::string_view memory = "mig_memory_capacity_mib";
  constexpr std::string_view max_slices = "gpu_max_slices";
  for (const auto name : {slice_count, memory, max_slices}) NumbersOrNull(table, name);

  const TextColumn& models = *FindTexts(table, "gpu_model_name");
  std::vector<std::optional<MigProfile>> parsed;
  for (const auto profile : profiles) parsed.push_back(ParseMigProfile(profile));
  std::vector<std::optional<double>> slices_of_model;
  for (const auto model : models.dictionary) slices_of_model.push_back(MaxSlicesOf(model));

  auto& slices = NumbersOrNull(table, slice_count).values;
  auto& memories = NumbersOrNull(table, memory).values;
  auto& most = NumbersOrNull(table, max_slices).values;
  for (size_t row = 0; row < table.row_count; ++row) {
    const auto profile = static_cast<size_t>(profile_codes[row]);
    if (profiles[profile].empty()) continue;
    slices[row] = parsed[profile] ? parsed[profile]->slice_count : kNull;
    memories[row] = parsed[profile] ? parsed[profile]->memory_mib : kNull;
    if (!std::isnan(most[row])) continue;
    if (const auto slices_of = slices_of_model[static_cast<size_t>(models.codes[row])]) {
      most[row] = *slices_of;
      continue;
    }
    slices[row] = memories[row] = kNull;
    for (const auto name : {"mig_instance_id", "mig_profile", "mig_strategy"}) {
      if (TextColumn* texts = FindTexts(table, name)) texts->codes[row] = TextColumn::kNull;
    }
  }
}

// A dictionary has only what rows use; blanking rows may have left some unused.
void DropUnused(TextColumn& column) {
  std::vector<int32_t> new_codes(column.dictionary.size(), TextColumn::kNull);
  std::vector<std::string_view> dictionary;
  for (int32_t& code : column.codes) {
    if (code == TextColumn::kNull) continue;
    int32_t& new_code = new_codes[static_cast<size_t>(code)];
    if (new_code == TextColumn::kNull) {
      new_code = static_cast<int32_t>(dictionary.size());
      dictionary.push_back(column.dictionary[static_cast<size_t>(code)]);
    }
    code = new_code;
  }
  column.dictionary = std::move(dictionary);
}

void ApplyGpuRules(ConvertedTable& table, base::Arena& texts) {
  ChangeTexts(*FindTexts(table, "gpu_vendor_name"), GpuVendor);
  ChangeTexts(*FindTexts(table, "gpu_model_name"),
              [&texts](std::string_view model) { return texts.Copy(GpuModel(model)); });
  const TextColumn* profiles = FindTexts(table, "mig_profile");
  if (profiles == nullptr) return;
  const bool any = std::ranges::any_of(profiles->dictionary,
                                       [](std::string_view profile) { return !profile.empty(); });
  if (!any) return;
  // Copies: the column itself changes on the way.
  AddMigColumns(table, std::vector(profiles->codes), std::vector(profiles->dictionary));
  for (const auto name : {"mig_instance_id", "mig_profile", "mig_strategy"}) {
    if (TextColumn* column = FindTexts(table, name)) DropUnused(*column);
  }
}

}  // namespace

void AddComputedColumns(CsvReport report, ConvertedTable& hourly, base::Arena& texts) {
  if (report == CsvReport::kPodUsage) {
    AddEffectiveUsage(hourly, "pod_effective_usage_cpu_core_seconds", "pod_usage_cpu_core_seconds",
                      "pod_request_cpu_core_seconds");
    AddEffectiveUsage(hourly, "pod_effective_usage_memory_byte_seconds",
                      "pod_usage_memory_byte_seconds", "pod_request_memory_byte_seconds");
  } else if (report == CsvReport::kGpuUsage) {
    ApplyGpuRules(hourly, texts);
  }
}

}  // namespace matome::ingest
