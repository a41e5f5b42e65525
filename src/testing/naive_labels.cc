// SPDX-License-Identifier: Apache-2.0
#include "testing/naive_labels.h"

#include <cstdint>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "testing/naive_text.h"

namespace matome::testing {
namespace {

constexpr int kMostLevels = 500;
constexpr std::string_view kVirtualMachineKey = "vm_kubevirt_io_name";

struct JsonValue {
  enum class Kind : uint8_t { kNull, kFalse, kTrue, kNumber, kText, kArray, kObject };
  Kind kind = Kind::kNull;
  std::string text;               // The unescaped text, or the number as written.
  std::vector<std::string> keys;  // Of an object, as often as they are written.
  std::vector<JsonValue> values;  // Of an object or an array.
};

/// RFC 8259 and nothing more. After any failure `error` is set and what was returned is void.
class JsonReader {
 public:
  explicit JsonReader(std::string_view input) : input_(input) {}

  JsonValue ReadDocument() {
    JsonValue value = ReadValue(0);
    SkipSpace();
    if (at_ != input_.size()) {
      Fail("text after the value");
    }
    return value;
  }

  const std::optional<std::string>& error() const { return error_; }
  bool lone_surrogate() const { return lone_surrogate_; }
  bool nul() const { return nul_; }

 private:
  void Fail(std::string_view reason) {
    if (!error_.has_value()) {
      error_ = fmt::format("{} at byte {}", reason, at_);
    }
  }

  bool AtEnd() const { return at_ >= input_.size(); }
  char Peek() const { return AtEnd() ? '\0' : input_[at_]; }

  bool Take(char character) {
    if (AtEnd() || input_[at_] != character) {
      return false;
    }
    ++at_;
    return true;
  }

  void SkipSpace() {
    while (!AtEnd() && (Peek() == ' ' || Peek() == '\t' || Peek() == '\n' || Peek() == '\r')) {
      ++at_;
    }
  }

  JsonValue ReadValue(int level) {
    SkipSpace();
    if (level > kMostLevels) {
      Fail("too many levels");
      return {};
    }
    switch (Peek()) {
      case '{':
        return ReadObject(level);
      case '[':
        return ReadArray(level);
      case '"':
        return {JsonValue::Kind::kText, ReadText(), {}, {}};
      case 't':
        return ReadWord("true", JsonValue::Kind::kTrue);
      case 'f':
        return ReadWord("false", JsonValue::Kind::kFalse);
      case 'n':
        return ReadWord("null", JsonValue::Kind::kNull);
      default:
        return ReadNumber();
    }
  }

  JsonValue ReadWord(std::string_view word, JsonValue::Kind kind) {
    if (input_.substr(at_, word.size()) != word) {
      Fail("not a value");
      return {};
    }
    at_ += word.size();
    return {kind, std::string(word), {}, {}};
  }

  JsonValue ReadObject(int level) {
    JsonValue object{JsonValue::Kind::kObject, {}, {}, {}};
    Take('{');
    SkipSpace();
    if (Take('}')) {
      return object;
    }
    while (!error_.has_value()) {
      SkipSpace();
      if (Peek() != '"') {
        Fail("expected a key");
        break;
      }
      object.keys.push_back(ReadText());
      SkipSpace();
      if (!Take(':')) {
        Fail("expected a colon");
      }
      object.values.push_back(ReadValue(level + 1));
      SkipSpace();
      if (Take('}')) {
        break;
      }
      if (!Take(',')) {
        Fail("expected a comma or the end of the object");
      }
    }
    return object;
  }

  JsonValue ReadArray(int level) {
    JsonValue array{JsonValue::Kind::kArray, {}, {}, {}};
    Take('[');
    SkipSpace();
    if (Take(']')) {
      return array;
    }
    while (!error_.has_value()) {
      array.values.push_back(ReadValue(level + 1));
      SkipSpace();
      if (Take(']')) {
        break;
      }
      if (!Take(',')) {
        Fail("expected a comma or the end of the array");
      }
    }
    return array;
  }

  void TakeDigits(std::string* text) {
    const size_t before = at_;
    while (Peek() >= '0' && Peek() <= '9') {
      text->push_back(input_[at_++]);
    }
    if (at_ == before) {
      Fail("expected a digit");
    }
  }

  JsonValue ReadNumber() {
    JsonValue number{JsonValue::Kind::kNumber, {}, {}, {}};
    if (Take('-')) {
      number.text = "-";
    }
    if (Take('0')) {
      number.text += "0";
    } else {
      TakeDigits(&number.text);
    }
    if (Take('.')) {
      number.text += ".";
      TakeDigits(&number.text);
    }
    if (Peek() == 'e' || Peek() == 'E') {
      number.text.push_back(input_[at_++]);
      if (Peek() == '+' || Peek() == '-') {
        number.text.push_back(input_[at_++]);
      }
      TakeDigits(&number.text);
    }
    return number;
  }

  char32_t ReadHex() {
    char32_t unit = 0;
    for (int count = 0; count < 4; ++count) {
      const char digit = Peek();
      unit *= 16;
      if (digit >= '0' && digit <= '9') {
        unit += static_cast<char32_t>(digit - '0');
      } else if (digit >= 'a' && digit <= 'f') {
        unit += static_cast<char32_t>(digit - 'a' + 10);
      } else if (digit >= 'A' && digit <= 'F') {
        unit += static_cast<char32_t>(digit - 'A' + 10);
      } else {
        Fail("expected four hexadecimal digits");
        return 0;
      }
      ++at_;
    }
    return unit;
  }

  void ReadUnicodeEscape(std::string* text) {
    const char32_t unit = ReadHex();
    if (unit < 0xD800 || unit > 0xDFFF) {
      nul_ |= unit == 0;
      NaiveAppendUtf8(unit, text);
      return;
    }
    if (unit < 0xDC00 && input_.substr(at_, 2) == "\\u") {
      const size_t before = at_;
      at_ += 2;
      const char32_t low = ReadHex();
      if (low >= 0xDC00 && low <= 0xDFFF) {
        NaiveAppendUtf8(0x10000 + (unit - 0xD800) * 0x400 + (low - 0xDC00), text);
        return;
      }
      at_ = before;
    }
    lone_surrogate_ = true;
    text->push_back('?');
  }

  std::string ReadText() {
    std::string text;
    Take('"');
    while (!error_.has_value()) {
      if (AtEnd()) {
        Fail("the text does not end");
      } else if (Take('"')) {
        break;
      } else if (Take('\\')) {
        static constexpr std::string_view kNames = "\"\\/bfnrt";
        static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
        const size_t which = AtEnd() ? std::string_view::npos : kNames.find(Peek());
        if (Take('u')) {
          ReadUnicodeEscape(&text);
        } else if (which != std::string_view::npos) {
          text.push_back(kMeanings[which]);
          ++at_;
        } else {
          Fail("unknown escape");
        }
      } else if (static_cast<unsigned char>(Peek()) < 0x20) {
        Fail("a raw control character");
      } else {
        text.push_back(input_[at_++]);
      }
    }
    return text;
  }

  std::string_view input_;
  size_t at_ = 0;
  std::optional<std::string> error_;
  bool lone_surrogate_ = false;
  bool nul_ = false;
};

struct ScalarText {
  std::optional<std::string> text;
  bool failed = false;
};

std::string JsonbQuoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char character : text) {
    static constexpr std::string_view kMeanings = "\"\\\b\f\n\r\t";
    static constexpr std::string_view kNames = "\"\\bfnrt";
    const size_t which = kMeanings.find(character);
    if (which != std::string_view::npos) {
      quoted += '\\';
      quoted += kNames[which];
    } else if (static_cast<unsigned char>(character) < 0x20) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(character));
    } else {
      quoted += character;
    }
  }
  return quoted + "\"";
}

/// The text PostgreSQL's jsonb prints; nullopt if a number is out of its range.
std::optional<std::string> JsonbText(const JsonValue& value) {
  switch (value.kind) {
    case JsonValue::Kind::kNull:
    case JsonValue::Kind::kFalse:
    case JsonValue::Kind::kTrue:
      return value.text;
    case JsonValue::Kind::kNumber:
      return NaiveJsonbNumberText(value.text);
    case JsonValue::Kind::kText:
      return JsonbQuoted(value.text);
    case JsonValue::Kind::kArray:
      break;
    case JsonValue::Kind::kObject: {
      std::map<std::pair<size_t, std::string>, std::string> members;
      for (size_t index = 0; index < value.keys.size(); ++index) {
        const std::optional<std::string> text = JsonbText(value.values[index]);
        if (!text.has_value()) {
          return std::nullopt;
        }
        members[{value.keys[index].size(), value.keys[index]}] = *text;
      }
      std::string object;
      for (const auto& [key, text] : members) {
        object += (object.empty() ? "" : ", ") + JsonbQuoted(key.second) + ": " + text;
      }
      return "{" + object + "}";
    }
  }
  std::string array;
  for (const JsonValue& element : value.values) {
    const std::optional<std::string> text = JsonbText(element);
    if (!text.has_value()) {
      return std::nullopt;
    }
    array += (array.empty() ? "" : ", ") + *text;
  }
  return "[" + array + "]";
}

ScalarText TrinoValue(const JsonValue& value) {
  switch (value.kind) {
    case JsonValue::Kind::kNull:
      return {std::nullopt, false};
    case JsonValue::Kind::kFalse:
    case JsonValue::Kind::kTrue:
    case JsonValue::Kind::kText:
      return {value.text, false};
    case JsonValue::Kind::kNumber:
      if (value.text.find_first_of(".eE") == std::string::npos) {
        return {value.text, false};
      }
      return {NaiveLabelDoubleText(std::strtod(value.text.c_str(), nullptr)), false};
    case JsonValue::Kind::kArray:
    case JsonValue::Kind::kObject:
      break;
  }
  return {std::nullopt, true};
}

ScalarText PostgresqlValue(const JsonValue& value) {
  if (value.kind == JsonValue::Kind::kNull) {
    return {std::nullopt, false};
  }
  if (value.kind == JsonValue::Kind::kText) {
    return {value.text, false};
  }
  std::optional<std::string> text = JsonbText(value);
  const bool failed = !text.has_value();
  return {std::move(text), failed};
}

void AppendQuoted(const std::string& text, std::string* out) {
  out->push_back('"');
  for (const char32_t code_point : NaiveDecodeUtf8(text)) {
    static constexpr std::u32string_view kMeanings = U"\"\\\b\f\n\r\t";
    static constexpr std::string_view kNames = "\"\\bfnrt";
    const size_t which = kMeanings.find(code_point);
    if (which != std::u32string_view::npos) {
      *out += '\\';
      *out += kNames[which];
    } else if (code_point < 0x20) {
      *out += fmt::format("\\u{:04X}", static_cast<uint32_t>(code_point));
    } else if (code_point > 0xFFFF) {
      const auto offset = static_cast<uint32_t>(code_point) - 0x10000U;
      *out +=
          fmt::format("\\u{:04X}\\u{:04X}", 0xD800U + offset / 0x400U, 0xDC00U + offset % 0x400U);
    } else {
      NaiveAppendUtf8(code_point, out);
    }
  }
  out->push_back('"');
}

}  // namespace

NaiveLabels NaiveParseLabels(const std::optional<std::string>& text, Semantics semantics) {
  const bool postgresql = semantics == Semantics::kKokuPostgresql;
  if (!text.has_value()) {
    return postgresql ? NaiveLabels{NaiveLabelMap{}, std::nullopt} : NaiveLabels{};
  }
  if (postgresql && text->find_first_not_of(' ') == std::string::npos) {
    return {NaiveLabelMap{}, std::nullopt};
  }
  JsonReader reader(*text);
  const JsonValue document = reader.ReadDocument();
  if (reader.error().has_value()) {
    return {std::nullopt, "invalid JSON: " + *reader.error()};
  }
  if (postgresql && reader.lone_surrogate()) {
    return {std::nullopt, "lone surrogate"};
  }
  if (postgresql && reader.nul()) {
    return {std::nullopt, "jsonb has no NUL character"};
  }
  if (document.kind == JsonValue::Kind::kNull && !postgresql) {
    return {};
  }
  if (document.kind != JsonValue::Kind::kObject) {
    return {std::nullopt, "labels are not a JSON object"};
  }
  NaiveLabelMap map;
  for (size_t index = 0; index < document.keys.size(); ++index) {
    const std::string& key = document.keys[index];
    if (!postgresql && map.contains(key)) {
      return {std::nullopt, "duplicate key: " + key};
    }
    ScalarText value =
        postgresql ? PostgresqlValue(document.values[index]) : TrinoValue(document.values[index]);
    if (value.failed) {
      return {std::nullopt, "unusable value of key: " + key};
    }
    map[key] = std::move(value.text);
  }
  return {std::move(map), std::nullopt};
}

std::set<std::string> NaiveAllowedKeys(const std::vector<std::string>& enabled_keys,
                                       Semantics semantics) {
  std::set<std::string> allowed(enabled_keys.begin(), enabled_keys.end());
  if (!allowed.empty() || semantics == Semantics::kKokuPostgresql) {
    allowed.emplace(kVirtualMachineKey);
  }
  return allowed;
}

std::optional<NaiveLabelMap> NaiveFilter(const std::optional<NaiveLabelMap>& labels,
                                         const std::set<std::string>& allowed_keys) {
  if (!labels.has_value()) {
    return std::nullopt;
  }
  NaiveLabelMap kept;
  for (const auto& [key, value] : *labels) {
    if (allowed_keys.contains(key)) {
      kept[key] = value;
    }
  }
  return kept;
}

std::optional<NaiveLabelMap> NaiveMerge(const std::vector<std::optional<NaiveLabelMap>>& maps) {
  NaiveLabelMap merged;
  for (const std::optional<NaiveLabelMap>& map : maps) {
    if (!map.has_value()) {
      return std::nullopt;
    }
    for (const auto& [key, value] : *map) {
      merged[key] = value;
    }
  }
  return merged;
}

std::string NaiveCanonicalText(const NaiveLabelMap& labels) {
  std::string text = "{";
  for (const auto& [key, value] : labels) {
    if (text.size() > 1) {
      text += ",";
    }
    AppendQuoted(key, &text);
    text += ":";
    if (value.has_value()) {
      AppendQuoted(*value, &text);
    } else {
      text += "null";
    }
  }
  return text + "}";
}

}  // namespace matome::testing
