// SPDX-License-Identifier: Apache-2.0
#include "config/reference_file.h"

#include <array>
#include <limits>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "base/utf8.h"
#include "config/nearest_name.h"
#include "config/value_text.h"
#include "config/yaml_node.h"
#include "model/summary_row.h"

namespace matome::config {
namespace {

using Keys = std::span<const std::string_view>;

constexpr std::array<std::string_view, 7> kTopKeys = {
    "cluster_id",      "cluster_alias", "report_period_id", "storage_exists", "enabled_tag_keys",
    "cost_categories", "nodes"};
constexpr std::array<std::string_view, 2> kCategoryKeys = {"pattern", "cost_category_id"};
constexpr std::array<std::string_view, 3> kNodeKeys = {"node", "resource_id", "node_role"};

/// Reads the values of one file's tree.
class Reader {
 public:
  explicit Reader(std::string_view file) : file_(file) {}

  base::Result<ReferenceFile> Read(const YamlNode& root) {
    if (root.kind == YamlNode::Kind::kNull) return std::move(result_);
    if (root.kind != YamlNode::Kind::kMap) return WrongType(root, "a map of keys");
    for (const auto& value : root.items) {
      MATOME_RETURN_IF_ERROR(CheckKey(value, kTopKeys));
      MATOME_RETURN_IF_ERROR(ReadTop(value));
    }
    return std::move(result_);
  }

 private:
  base::Status ReadTop(const YamlNode& value) {
    auto& data = result_.data;
    const bool null = value.kind == YamlNode::Kind::kNull;
    if (value.key == "cluster_id") {
      return ReadText(value, model::kClusterIdMaxLength, data.cluster_id);
    }
    if (value.key == "cluster_alias") {
      return ReadText(value, model::kClusterAliasMaxLength, data.cluster_alias);
    }
    if (value.key == "report_period_id") {
      return null ? base::Status() : ReadInteger(value, data.report_period_id);
    }
    if (value.key == "storage_exists") {
      return null ? base::Status() : ReadSwitch(value, data.storage_exists);
    }
    if (null) return {};  // The default, as if the key were not there.
    if (value.kind != YamlNode::Kind::kList) return WrongType(value, "a list");
    if (value.key == "enabled_tag_keys") return ReadTagKeys(value);
    if (value.key == "cost_categories") return ReadCategories(value);
    return ReadNodes(value);
  }

  base::Status ReadTagKeys(const YamlNode& list) {
    auto& keys = result_.data.enabled_tag_keys.emplace();
    for (const auto& item : list.items) {
      std::optional<std::string> key;
      MATOME_RETURN_IF_ERROR(ReadText(item, 0, key));
      if (!key) return WrongType(item, "a label key");
      keys.push_back(*std::move(key));
    }
    return {};
  }

  base::Status ReadCategories(const YamlNode& list) {
    result_.data.cost_categories.clear();
    for (const auto& item : list.items) {
      if (item.kind != YamlNode::Kind::kMap) {
        return WrongType(item, "a map of pattern and cost_category_id");
      }
      std::optional<std::string> pattern;
      std::optional<int32_t> id;
      for (const auto& value : item.items) {
        MATOME_RETURN_IF_ERROR(CheckKey(value, kCategoryKeys));
        if (value.key == "pattern") {
          MATOME_RETURN_IF_ERROR(ReadText(value, 0, pattern));
        } else {
          MATOME_RETURN_IF_ERROR(ReadInteger(value, id.emplace()));
        }
      }
      if (!pattern) return ErrorAt(file_, item.position, "a cost category needs a pattern");
      if (!id) return ErrorAt(file_, item.position, "a cost category needs a cost_category_id");
      result_.data.cost_categories.push_back({*std::move(pattern), *id});
    }
    return {};
  }

  base::Status ReadNodes(const YamlNode& list) {
    auto& nodes = result_.data.nodes.emplace();
    for (const auto& item : list.items) {
      if (item.kind != YamlNode::Kind::kMap) {
        return WrongType(item, "a map of node, resource_id and node_role");
      }
      auto& node = nodes.emplace_back();
      for (const auto& value : item.items) {
        MATOME_RETURN_IF_ERROR(CheckKey(value, kNodeKeys));
        auto& text = value.key == "node"          ? node.node
                     : value.key == "resource_id" ? node.resource_id
                                                  : node.node_role;
        MATOME_RETURN_IF_ERROR(ReadText(value, 0, text));
      }
      if (!node.node || !node.resource_id) {
        result_.warnings.push_back(fmt::format(
            "{}:{}:{}: an entry of nodes without {} matches no pod", file_, item.position.line,
            item.position.column, node.node ? "resource_id" : "node"));
      }
    }
    return {};
  }

  /// Any scalar is a text, quoted or not; null leaves `out` empty. `max_length` 0 is no limit.
  base::Status ReadText(const YamlNode& value, int64_t max_length,
                        std::optional<std::string>& out) {
    out.reset();
    if (value.kind == YamlNode::Kind::kNull) return {};
    if (value.kind != YamlNode::Kind::kScalar) return WrongType(value, "a text");
    if (!base::IsValidUtf8(value.text)) {
      return ErrorAt(file_, value.position, fmt::format("{}the text is not UTF-8", Name(value)));
    }
    if (max_length > 0 && base::CodePointCount(value.text) > max_length) {
      return ErrorAt(file_, value.position,
                     fmt::format("{}the text is longer than the {} characters its column holds",
                                 Name(value), max_length));
    }
    out = value.text;
    return {};
  }

  base::Status ReadInteger(const YamlNode& value, int32_t& out) {
    const auto number = value.kind == YamlNode::Kind::kScalar && !value.quoted
                            ? ParseWholeNumber(value.text)
                            : std::nullopt;
    if (!number) return WrongType(value, "a whole number");
    if (*number < std::numeric_limits<int32_t>::min() ||
        *number > std::numeric_limits<int32_t>::max()) {
      return ErrorAt(file_, value.position,
                     fmt::format("{}{} does not fit an integer column", Name(value), *number));
    }
    out = static_cast<int32_t>(*number);
    return {};
  }

  base::Status ReadSwitch(const YamlNode& value, bool& out) {
    if (value.kind == YamlNode::Kind::kScalar && !value.quoted) {
      if (value.text == "true" || value.text == "True" || value.text == "TRUE") {
        out = true;
        return {};
      }
      if (value.text == "false" || value.text == "False" || value.text == "FALSE") {
        out = false;
        return {};
      }
    }
    return WrongType(value, "true or false");
  }

  base::Status CheckKey(const YamlNode& value, Keys keys) const {
    for (const auto key : keys) {
      if (value.key == key) return {};
    }
    return ErrorAt(file_, value.key_position,
                   fmt::format("unknown key \"{}\"{}", value.key, Suggestion(value.key, keys)));
  }

  base::Status WrongType(const YamlNode& value, std::string_view expected) const {
    const std::string found =
        value.kind == YamlNode::Kind::kScalar
            ? fmt::format("{}\"{}\"", value.quoted ? "the text " : "", value.text)
            : std::string(KindName(value));
    return ErrorAt(file_, value.position,
                   fmt::format("{}expected {}, found {}", Name(value), expected, found));
  }

  static std::string Name(const YamlNode& value) {
    return value.key.empty() ? std::string() : value.key + ": ";
  }

  std::string_view file_;
  ReferenceFile result_;
};

}  // namespace

base::Result<ReferenceFile> ParseReference(std::string_view text, std::string_view file) {
  MATOME_ASSIGN_OR_RETURN(const YamlNode root, ParseYaml(text, file));
  return Reader(file).Read(root);
}

base::Result<ReferenceFile> ReadReference(const std::string& path) {
  MATOME_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path));
  return ParseReference(text, path);
}

}  // namespace matome::config
