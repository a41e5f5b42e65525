// SPDX-License-Identifier: Apache-2.0
#include "ingest/printable.h"

#include <cstdint>

#include "base/utf8.h"

namespace matome::ingest {

std::string Printable(std::string_view text) {
  constexpr size_t most_bytes = 80;
  const bool is_cut = text.size() > most_bytes;
  if (is_cut) {
    size_t size = most_bytes;
    while (size > 0 && (static_cast<uint8_t>(text[size]) & 0xC0) == 0x80) --size;
    text = text.substr(0, size);
  }
  const bool is_utf8 = base::IsValidUtf8(text);
  std::string printable = "\"";
  for (size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<uint8_t>(text[at]);
    // The control characters of Latin-1 are two bytes in UTF-8.
    const bool is_wide_control =
        byte == 0xC2 && at + 1 < text.size() && static_cast<uint8_t>(text[at + 1]) < 0xA0;
    if (is_wide_control && is_utf8) ++at;
    const bool is_harmless = byte >= ' ' && byte != 0x7F && !is_wide_control;
    printable += is_harmless && (is_utf8 || byte < 0x80) ? static_cast<char>(byte) : '?';
  }
  if (is_cut) printable += "…";
  return printable + "\"";
}

}  // namespace matome::ingest
