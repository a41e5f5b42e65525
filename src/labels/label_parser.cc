// SPDX-License-Identifier: Apache-2.0
#include "labels/label_parser.h"

#include <algorithm>
#include <map>

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "labels/json_number.h"
#include "labels/json_text.h"

namespace matome::labels {
namespace {

constexpr int kMaxDepth = 256;
constexpr size_t kFewLabels = 16;  // Up to here comparing all pairs of keys beats hashing them.

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// PostgreSQL orders the keys of a jsonb object by length, then by bytes.
struct JsonbKeyOrder {
  bool operator()(const std::string& left, const std::string& right) const {
    return left.size() != right.size() ? left.size() < right.size() : left < right;
  }
};

}  // namespace

base::Status LabelParser::Error(std::string_view what) const {
  return base::BadInput(fmt::format("{} at byte {} of the label text", what, at_));
}

void LabelParser::SkipBlanks() {
  while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
}

base::Result<bool> LabelParser::Parse(std::string_view text) {
  text_ = text;
  at_ = 0;
  labels_.clear();
  unescaped_.clear();
  if (!base::IsValidUtf8(text)) return Error("invalid UTF-8");
  // What PostgreSQL's rewrite takes as blank is spaces alone; other white space reaches its JSON
  // parser.
  if (!trino() && text.find_first_not_of(' ') == std::string_view::npos) return true;
  SkipBlanks();
  if (at_ == text_.size()) return Error("no JSON: the text is empty or blank");
  if (trino() && text_[at_] == 'n') {
    MATOME_RETURN_IF_ERROR(Literal("null"));
    SkipBlanks();
    if (at_ != text_.size()) return Error("text after the JSON value");
    return false;
  }
  if (text_[at_] != '{') return Error("not a JSON object");
  MATOME_RETURN_IF_ERROR(Members());
  SkipBlanks();
  if (at_ != text_.size()) return Error("text after the JSON object");
  MATOME_RETURN_IF_ERROR(ResolveDuplicates());
  return true;
}

base::Status LabelParser::Members() {
  ++at_;
  SkipBlanks();
  if (at_ < text_.size() && text_[at_] == '}') {
    ++at_;
    return {};
  }
  while (true) {
    Label label;
    SkipBlanks();
    if (at_ == text_.size() || text_[at_] != '"') return Error("a key in quotes expected");
    MATOME_RETURN_IF_ERROR(String(label.key));
    SkipBlanks();
    if (at_ == text_.size() || text_[at_] != ':') return Error("':' expected");
    ++at_;
    SkipBlanks();
    MATOME_RETURN_IF_ERROR(Value(label.value));
    labels_.push_back(label);
    SkipBlanks();
    if (at_ == text_.size()) return Error("the object is not closed");
    const char next = text_[at_++];
    if (next == '}') return {};
    if (next != ',') {
      --at_;
      return Error("',' or '}' expected");
    }
  }
}

base::Status LabelParser::Value(std::optional<std::string_view>& value) {
  if (at_ == text_.size()) return Error("a value expected");
  switch (text_[at_]) {
    case '"': {
      std::string_view text;
      MATOME_RETURN_IF_ERROR(String(text));
      value = text;
      return {};
    }
    case 't':
      value = "true";
      return Literal("true");
    case 'f':
      value = "false";
      return Literal("false");
    case 'n':
      value = std::nullopt;
      return Literal("null");
    case '{':
    case '[': {
      if (trino()) return Error("a label value that is itself an object or array");
      std::string nested;
      MATOME_RETURN_IF_ERROR(Nested(nested, 0));
      value = unescaped_.emplace_back(std::move(nested));
      return {};
    }
    default: {
      std::string_view number;
      MATOME_RETURN_IF_ERROR(NumberText(number));
      value = number;
      return {};
    }
  }
}

base::Status LabelParser::Literal(std::string_view word) {
  if (text_.substr(at_, word.size()) != word) return Error("invalid JSON value");
  at_ += word.size();
  return {};
}

base::Status LabelParser::String(std::string_view& value) {
  const size_t start = ++at_;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '"') {
      value = text_.substr(start, at_ - start);
      ++at_;
      return {};
    }
    if (c == '\\') break;
    if (static_cast<unsigned char>(c) < 0x20) return Error("raw control character in a text");
    ++at_;
  }
  std::string& out = unescaped_.emplace_back(text_.substr(start, at_ - start));
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      value = out;
      return {};
    }
    if (static_cast<unsigned char>(c) < 0x20) return Error("raw control character in a text");
    ++at_;
    if (c == '\\') {
      MATOME_RETURN_IF_ERROR(Escape(out));
    } else {
      out.push_back(c);
    }
  }
  return Error("a text is not closed");
}

base::Result<uint32_t> LabelParser::HexDigits() {
  if (at_ + 4 > text_.size()) return Error("four hex digits expected after \\u");
  uint32_t unit = 0;
  for (int digit = 0; digit < 4; ++digit) {
    const char c = text_[at_];
    uint32_t value = 0;
    if (IsDigit(c)) {
      value = static_cast<uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = static_cast<uint32_t>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      value = static_cast<uint32_t>(c - 'A') + 10;
    } else {
      return Error("four hex digits expected after \\u");
    }
    unit = unit << 4 | value;
    ++at_;
  }
  return unit;
}

base::Status LabelParser::Escape(std::string& out) {
  if (at_ == text_.size()) return Error("a text is not closed");
  switch (text_[at_++]) {
    case '"':
      out.push_back('"');
      return {};
    case '\\':
      out.push_back('\\');
      return {};
    case '/':
      out.push_back('/');
      return {};
    case 'b':
      out.push_back('\b');
      return {};
    case 'f':
      out.push_back('\f');
      return {};
    case 'n':
      out.push_back('\n');
      return {};
    case 'r':
      out.push_back('\r');
      return {};
    case 't':
      out.push_back('\t');
      return {};
    case 'u':
      break;
    default:
      --at_;
      return Error("invalid escape");
  }
  MATOME_ASSIGN_OR_RETURN(uint32_t unit, HexDigits());
  if (unit == 0 && !trino()) return Error("\\u0000, which PostgreSQL's jsonb refuses,");
  if (unit >= 0xD800 && unit < 0xDC00 && text_.substr(at_, 2) == "\\u") {
    const size_t low_at = at_;
    at_ += 2;
    MATOME_ASSIGN_OR_RETURN(const uint32_t low, HexDigits());
    if (low >= 0xDC00 && low < 0xE000) {
      base::AppendUtf8(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00), out);
      return {};
    }
    at_ = low_at;
  }
  if (unit >= 0xD800 && unit < 0xE000) {
    if (!trino()) return Error("a lone surrogate");
    out.push_back('?');
    return {};
  }
  base::AppendUtf8(unit, out);
  return {};
}

base::Status LabelParser::NumberText(std::string_view& value) {
  const size_t start = at_;
  const auto digits = [this] {
    const size_t first = at_;
    while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
    return at_ > first;
  };
  if (text_[at_] == '-') ++at_;
  const size_t integer = at_;
  if (!digits()) {
    at_ = start;
    return Error("invalid JSON value");
  }
  if (text_[integer] == '0' && at_ > integer + 1) return Error("a number with a leading zero");
  bool whole = true;
  if (at_ < text_.size() && text_[at_] == '.') {
    ++at_;
    whole = false;
    if (!digits()) return Error("a digit expected after the point");
  }
  if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
    ++at_;
    whole = false;
    if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
    if (!digits()) return Error("a digit expected in the exponent");
  }
  const std::string_view number = text_.substr(start, at_ - start);
  if (trino()) {
    value = whole ? number : std::string_view(unescaped_.emplace_back(TrinoDoubleText(number)));
    return {};
  }
  if (std::abs(JsonNumberExponent(number)) > 9999)
    return Error("a number out of PostgreSQL's range");
  value = unescaped_.emplace_back(PostgresqlNumericText(number));
  return {};
}

base::Status LabelParser::Nested(std::string& out, int depth) {
  if (depth > kMaxDepth) return Error("a value nested too deeply");
  const char open = text_[at_];
  if (open != '{' && open != '[') {
    const bool text = open == '"';
    std::optional<std::string_view> value;
    MATOME_RETURN_IF_ERROR(Value(value));
    if (text) {
      AppendJsonString(*value, out);
    } else {
      out += value.value_or("null");
    }
    return {};
  }
  const char close = open == '{' ? '}' : ']';
  std::map<std::string, std::string, JsonbKeyOrder> members;
  std::string elements;
  ++at_;
  SkipBlanks();
  bool first = true;
  while (at_ < text_.size() && (text_[at_] != close || !first)) {
    if (open == '{') {
      std::string_view key;
      if (text_[at_] != '"') return Error("a key in quotes expected");
      MATOME_RETURN_IF_ERROR(String(key));
      SkipBlanks();
      if (at_ == text_.size() || text_[at_] != ':') return Error("':' expected");
      ++at_;
      SkipBlanks();
      if (at_ == text_.size()) return Error("a value expected");
      std::string& member = members[std::string(key)];
      member.clear();
      MATOME_RETURN_IF_ERROR(Nested(member, depth + 1));
    } else {
      if (!first) elements += ", ";
      MATOME_RETURN_IF_ERROR(Nested(elements, depth + 1));
    }
    first = false;
    SkipBlanks();
    if (at_ == text_.size()) break;
    if (text_[at_] == close) break;
    if (text_[at_] != ',') return Error("',' expected");
    ++at_;
    SkipBlanks();
  }
  if (at_ == text_.size()) return Error("a nested value is not closed");
  ++at_;
  out.push_back(open);
  out += elements;
  for (auto member = members.begin(); member != members.end(); ++member) {
    if (member != members.begin()) out += ", ";
    AppendJsonString(member->first, out);
    out += ": " + member->second;
  }
  out.push_back(close);
  return {};
}

base::Status LabelParser::ResolveDuplicates() {
  const auto duplicate = [](std::string_view key) {
    return base::BadInput(fmt::format("duplicate label key \"{}\"", key));
  };
  if (labels_.size() <= kFewLabels) {
    bool distinct = true;
    for (size_t left = 0; left < labels_.size(); ++left) {
      for (size_t right = left + 1; right < labels_.size(); ++right) {
        if (labels_[left].key != labels_[right].key) continue;
        if (trino()) return duplicate(labels_[left].key);
        distinct = false;
      }
    }
    if (distinct) return {};
  }
  absl::flat_hash_map<std::string_view, size_t, base::TextHash> last;
  for (size_t index = 0; index < labels_.size(); ++index) {
    const auto [found, inserted] = last.insert_or_assign(labels_[index].key, index);
    if (!inserted && trino()) return duplicate(labels_[index].key);
  }
  size_t kept = 0;
  for (size_t index = 0; index < labels_.size(); ++index) {
    if (last[labels_[index].key] == index) labels_[kept++] = labels_[index];
  }
  labels_.resize(kept);
  return {};
}

}  // namespace matome::labels
