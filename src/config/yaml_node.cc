// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_node.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <unordered_set>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

namespace matome::config {
namespace {

// Aliases let a small file stand for a huge tree.
constexpr int kMaxNodes = 1'000'000;
constexpr int kMaxDepth = 64;
constexpr int64_t kMaxFileBytes = int64_t{64} << 20;

Position PositionOf(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

/// Copies yaml-cpp's tree into ours.
class Converter {
 public:
  explicit Converter(std::string_view file) : file_(file) {}

  base::Result<YamlNode> Convert(const YAML::Node& from, int depth) {
    YamlNode node;
    node.position = PositionOf(from.Mark());
    if (++nodes_ > kMaxNodes || depth > kMaxDepth) {
      return ErrorAt(file_, node.position, "too large or too deeply nested");
    }
    if (from.IsScalar()) {
      node.kind = YamlNode::Kind::kScalar;
      node.text = from.Scalar();
      node.quoted = from.Tag() == "!";
    } else if (from.IsSequence()) {
      node.kind = YamlNode::Kind::kList;
      for (const auto& item : from) {
        MATOME_ASSIGN_OR_RETURN(node.items.emplace_back(), Convert(item, depth + 1));
      }
    } else if (from.IsMap()) {
      MATOME_RETURN_IF_ERROR(ConvertMap(from, depth, node));
    }
    return node;
  }

 private:
  base::Status ConvertMap(const YAML::Node& from, int depth, YamlNode& node) {
    node.kind = YamlNode::Kind::kMap;
    std::unordered_set<std::string> keys;
    for (const auto& entry : from) {
      const Position key_position = PositionOf(entry.first.Mark());
      if (!entry.first.IsScalar()) {
        return ErrorAt(file_, key_position, "a key must be a plain word");
      }
      MATOME_ASSIGN_OR_RETURN(YamlNode value, Convert(entry.second, depth + 1));
      value.key = entry.first.Scalar();
      value.key_position = key_position;
      // A value that is not written has no place of its own.
      if (value.kind == YamlNode::Kind::kNull) value.position = key_position;
      if (!keys.insert(value.key).second) {
        return ErrorAt(file_, key_position, fmt::format("key \"{}\" is given twice", value.key));
      }
      node.items.push_back(std::move(value));
    }
    return {};
  }

  std::string_view file_;
  int nodes_ = 0;
};

}  // namespace

std::string_view KindName(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "a text";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
  }
  return "unknown";
}

base::Status ErrorAt(std::string_view file, Position position, std::string_view message) {
  return base::ConfigInvalid(
      fmt::format("{}:{}:{}: {}", file, position.line, position.column, message));
}

base::Result<YamlNode> ParseYaml(std::string_view text, std::string_view file) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.empty()) return YamlNode();
    if (documents.size() > 1) {
      return ErrorAt(file, PositionOf(documents[1].Mark()), "a second document; one is expected");
    }
    return Converter(file).Convert(documents[0], 0);
  } catch (const YAML::Exception& error) {
    return ErrorAt(file, PositionOf(error.mark), error.msg);
  } catch (const std::exception& error) {
    return base::ConfigInvalid(fmt::format("{}: {}", file, error.what()));
  }
}

base::Result<std::string> ReadTextFile(const std::string& path) {
  const auto fail = [&path](std::string_view why) {
    return base::Usage(fmt::format("cannot read {}: {}", path, why));
  };
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return fail("it is a directory");
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(std::generic_category().message(errno));
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad()) return fail(std::generic_category().message(errno));
  if (text.tellp() > kMaxFileBytes) return fail("it is larger than 64 MiB");
  return std::move(text).str();
}

}  // namespace matome::config
