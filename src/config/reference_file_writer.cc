// SPDX-License-Identifier: Apache-2.0
#include "config/reference_file_writer.h"

#include <iterator>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace matome::config {
namespace {

/// Always in double quotes: there is nothing then that a text could be mistaken for.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += fmt::format("\\x{:02x}", c);
    } else if (text.substr(at, 3) == "\xef\xbb\xbf") {
      quoted += "\\uFEFF";  // YAML may take it for a byte order mark.
      at += 2;
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string QuotedOrNull(const std::optional<std::string>& text) {
  return text ? Quoted(*text) : "null";
}

}  // namespace

std::string ReferenceYaml(const model::ReferenceData& data) {
  std::string yaml;
  const auto out = std::back_inserter(yaml);
  if (data.cluster_id) fmt::format_to(out, "cluster_id: {}\n", Quoted(*data.cluster_id));
  if (data.cluster_alias) fmt::format_to(out, "cluster_alias: {}\n", Quoted(*data.cluster_alias));
  fmt::format_to(out, "report_period_id: {}\n", data.report_period_id);
  fmt::format_to(out, "storage_exists: {}\n", data.storage_exists);

  const auto list = [&](std::string_view key, const auto& items, const auto& item_text) {
    fmt::format_to(out, "{}:{}\n", key, items.empty() ? " []" : "");
    for (const auto& item : items) fmt::format_to(out, "  - {}\n", item_text(item));
  };
  if (data.enabled_tag_keys) list("enabled_tag_keys", *data.enabled_tag_keys, Quoted);
  list("cost_categories", data.cost_categories, [](const model::CostCategory& category) {
    return fmt::format("{{pattern: {}, cost_category_id: {}}}", Quoted(category.pattern),
                       category.cost_category_id);
  });
  if (data.nodes) {
    list("nodes", *data.nodes, [](const model::NodeRole& node) {
      return fmt::format("{{node: {}, resource_id: {}, node_role: {}}}", QuotedOrNull(node.node),
                         QuotedOrNull(node.resource_id), QuotedOrNull(node.node_role));
    });
  }
  return yaml;
}

}  // namespace matome::config
