// SPDX-License-Identifier: Apache-2.0
#include "pg/conninfo.h"

#include <map>

#include <libpq-fe.h>

#include "pg/connection.h"

namespace matome::pg {
namespace {

std::string Quoted(std::string_view value) {
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

}  // namespace

base::Result<std::string> CompleteConninfo(const std::string& conninfo,
                                           std::span<const ConnectWord> defaults) {
  MATOME_RETURN_IF_ERROR(CheckTarget({.conninfo = conninfo}));
  std::map<std::string, std::string> words;
  PQconninfoOption* const list = PQconninfoParse(conninfo.c_str(), nullptr);
  if (list == nullptr) return base::Usage("the PostgreSQL connection text is not understood");
  for (const PQconninfoOption* option = list; option->keyword != nullptr; ++option) {
    if (option->val != nullptr && *option->val != '\0') words[option->keyword] = option->val;
  }
  PQconninfoFree(list);
  // A service file says where to connect, and would be overruled.
  if (!words.contains("service")) {
    for (const auto& [keyword, value] : defaults) words.emplace(keyword, value);
  }
  std::string text;
  for (const auto& [keyword, value] : words) {
    if (!text.empty()) text += ' ';
    text += keyword + "=" + Quoted(value);
  }
  return text;
}

}  // namespace matome::pg
