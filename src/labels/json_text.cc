// SPDX-License-Identifier: Apache-2.0
#include "labels/json_text.h"

#include <cstdint>
#include <iterator>

#include <fmt/format.h>

namespace matome::labels {
namespace {

uint32_t Byte(char byte) { return static_cast<unsigned char>(byte); }

void AppendEscape(uint32_t code_unit, std::string& out) {
  fmt::format_to(std::back_inserter(out), "\\u{:04X}", code_unit);
}

}  // namespace

void AppendJsonString(std::string_view text, std::string& out) {
  out.push_back('"');
  for (size_t at = 0; at < text.size(); ++at) {
    const uint32_t byte = Byte(text[at]);
    switch (byte) {
      case '"':
        out += "\\\"";
        continue;
      case '\\':
        out += "\\\\";
        continue;
      case '\b':
        out += "\\b";
        continue;
      case '\t':
        out += "\\t";
        continue;
      case '\n':
        out += "\\n";
        continue;
      case '\f':
        out += "\\f";
        continue;
      case '\r':
        out += "\\r";
        continue;
      default:
        break;
    }
    if (byte < 0x20) {
      AppendEscape(byte, out);
    } else if (byte >= 0xF0 && at + 3 < text.size()) {
      const uint32_t code_point = (byte & 0x07) << 18 | (Byte(text[at + 1]) & 0x3F) << 12 |
                                  (Byte(text[at + 2]) & 0x3F) << 6 | (Byte(text[at + 3]) & 0x3F);
      const uint32_t offset = code_point - 0x10000;
      AppendEscape(0xD800 + (offset >> 10), out);
      AppendEscape(0xDC00 + (offset & 0x3FF), out);
      at += 3;
    } else {
      out.push_back(text[at]);
    }
  }
  out.push_back('"');
}

}  // namespace matome::labels
