// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace matome::config {

/// A place in a text file, counted from 1.
struct Position {
  int line = 1;
  int column = 1;
};

/// A YAML document as a plain tree in which each part knows where it stands.
struct YamlNode {
  enum class Kind : uint8_t { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  Position position;
  std::string text;     // Of a scalar.
  bool quoted = false;  // The scalar was written in quotes: it is a text whatever it looks like.
  std::vector<YamlNode> items;  // Of a list or a map, in order.

  std::string key;  // In a map, what the node is the value of.
  Position key_position;
};

/// For messages: "a text", "a list", …
std::string_view KindName(const YamlNode& node);

/// "FILE:LINE:COLUMN: message", a kConfigInvalid.
base::Status ErrorAt(std::string_view file, Position position, std::string_view message);

/// Parses one document; an empty text is a null node. Keys must be scalars and differ within their
/// map. `file` is named in errors, which are kConfigInvalid with line and column.
base::Result<YamlNode> ParseYaml(std::string_view text, std::string_view file);

/// The bytes of a file of settings. Errors are kUsage: somebody named a file that is not there.
base::Result<std::string> ReadTextFile(const std::string& path);

}  // namespace matome::config
