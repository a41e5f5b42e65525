// SPDX-License-Identifier: Apache-2.0
#include "ingest/field_values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "model/day.h"

namespace matome::ingest {
namespace {

constexpr std::array<std::string_view, 17> kNaWords = {
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A",      "NA",  "NULL",    "NaN",      "None", "n/a",  "nan",
};
constexpr std::string_view kLastNaWord = "null";
constexpr size_t kLongestNaWord = 8;

// Where the decimal digits of Unicode 14 begin, beyond ASCII; ten follow each other.
constexpr std::array<char32_t, 65> kZeros = {
    0x0660,  0x06F0,  0x07C0,  0x0966,  0x09E6,  0x0A66,  0x0AE6,  0x0B66,  0x0BE6,  0x0C66,
    0x0CE6,  0x0D66,  0x0DE6,  0x0E50,  0x0ED0,  0x0F20,  0x1040,  0x1090,  0x17E0,  0x1810,
    0x1946,  0x19D0,  0x1A80,  0x1A90,  0x1B50,  0x1BB0,  0x1C40,  0x1C50,  0xA620,  0xA8D0,
    0xA900,  0xA9D0,  0xA9F0,  0xAA50,  0xABF0,  0xFF10,  0x104A0, 0x10D30, 0x11066, 0x110F0,
    0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950,
    0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC,
    0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0};

bool IsDigit(char byte) { return byte >= '0' && byte <= '9'; }

bool IsAsciiSpace(char byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

bool IsUnicodeSpace(char32_t point) {
  return point == 0x85 || point == 0xA0 || point == 0x1680 ||
         (point >= 0x2000 && point <= 0x200A) || point == 0x2028 || point == 0x2029 ||
         point == 0x202F || point == 0x205F || point == 0x3000;
}

// Takes the first code point off valid UTF-8 that is not empty.
char32_t TakeCodePoint(std::string_view& text) {
  const auto byte = [&text](size_t at) { return static_cast<uint8_t>(text[at]); };
  char32_t point = byte(0);
  size_t size = 1;
  if (point >= 0xF0) {
    point &= 0x07;
    size = 4;
  } else if (point >= 0xE0) {
    point &= 0x0F;
    size = 3;
  } else if (point >= 0xC0) {
    point &= 0x1F;
    size = 2;
  }
  size = std::min(size, text.size());
  for (size_t at = 1; at < size; ++at) point = point << 6 | (byte(at) & 0x3F);
  text.remove_prefix(size);
  return point;
}

// ASCII for digits and white space of other scripts, '?' for all else.
std::string DigitsToAscii(std::string_view text) {
  std::string ascii;
  while (!text.empty()) {
    const char32_t point = TakeCodePoint(text);
    const auto above = std::ranges::upper_bound(kZeros, point);
    if (point < 0x80) {
      ascii += static_cast<char>(point);
    } else if (IsUnicodeSpace(point)) {
      ascii += ' ';
    } else if (above != kZeros.begin() && point - *std::prev(above) < 10) {
      ascii += static_cast<char>('0' + (point - *std::prev(above)));
    } else {
      ascii += '?';
    }
  }
  return ascii;
}

// Takes out the underscores between digits. Nothing if one stands elsewhere.
std::optional<std::string> WithoutUnderscores(std::string_view text) {
  std::string plain;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '_') {
      plain += text[at];
    } else if (at == 0 || at + 1 == text.size() || !IsDigit(text[at - 1]) ||
               !IsDigit(text[at + 1])) {
      return std::nullopt;
    }
  }
  return plain;
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char byte, char wanted) {
    return (byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte) == wanted;
  });
}

// What is not finite in decimal digits overflows to infinity or underflows to 0, as in C.
double OutOfRange(const std::string& text) {
  static const locale_t c_locale = newlocale(LC_ALL_MASK, "C", nullptr);
  return strtod_l(text.c_str(), nullptr, c_locale);
}

// Digits with or without a point, where the value is a quotient of two integers that doubles hold
// exactly, so that dividing rounds once, as it has to. Nothing where it is not that simple.
std::optional<double> ParseSimpleDecimal(std::string_view text) {
  constexpr std::array<double, 19> powers = {1,    1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                             1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
                                             1e14, 1e15, 1e16, 1e17, 1e18};
  constexpr std::array<uint64_t, 8> steps = {10,      100,       1'000,      10'000,
                                             100'000, 1'000'000, 10'000'000, 100'000'000};
  constexpr uint64_t exact = uint64_t{1} << 53;
  uint64_t mantissa = 0;
  size_t at = 0;
  for (; at < text.size() && IsDigit(text[at]); ++at) {
    mantissa = mantissa * 10 + static_cast<uint64_t>(text[at] - '0');
    if (mantissa > exact) return std::nullopt;
  }
  if (at == 0) return std::nullopt;
  size_t scale = 0;
  if (at < text.size() && text[at] == '.') {
    size_t zeros = 0;  // They count once another digit follows.
    for (++at; at < text.size() && IsDigit(text[at]); ++at) {
      if (text[at] == '0') {
        ++zeros;
        continue;
      }
      if (zeros >= steps.size()) return std::nullopt;
      mantissa = mantissa * steps[zeros] + static_cast<uint64_t>(text[at] - '0');
      scale += zeros + 1;
      zeros = 0;
      if (mantissa > exact || scale >= powers.size()) return std::nullopt;
    }
  }
  if (at < text.size()) return std::nullopt;
  return scale == 0 ? static_cast<double>(mantissa) : static_cast<double>(mantissa) / powers[scale];
}

// Digits with point, sign and exponent, or one of the words; nothing around them.
std::optional<double> ParsePlainFloat(std::string_view text) {
  std::string_view unsigned_text = text;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) unsigned_text.remove_prefix(1);
  if (unsigned_text.empty()) return std::nullopt;
  if (const char first = unsigned_text.front(); !IsDigit(first) && first != '.') {
    if (EqualsIgnoringCase(unsigned_text, "nan")) return std::numeric_limits<double>::quiet_NaN();
    if (!EqualsIgnoringCase(unsigned_text, "inf") && !EqualsIgnoringCase(unsigned_text, "infinity"))
      return std::nullopt;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return negative ? -infinity : infinity;
  }
  double value = 0;
  const char* begin = unsigned_text.data();
  const char* end = begin + unsigned_text.size();
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (stop != end || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) value = OutOfRange(std::string(unsigned_text));
  return negative ? -value : value;
}

// Two digits at `at`, or -1.
int TwoDigits(std::string_view text, size_t at) {
  if (at + 2 > text.size() || !IsDigit(text[at]) || !IsDigit(text[at + 1])) return -1;
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

constexpr int64_t kMicrosPerMilli = 1000;
constexpr int64_t kMicrosPerSecond = 1'000'000;

// The instants that pandas has, to the microsecond.
constexpr int64_t kFirstMicros = INT64_MIN / 1000 + 1;
constexpr int64_t kLastMicros = INT64_MAX / 1000;

// Takes a zone off the end. False: what is left is none.
bool TakeZone(std::string_view text, std::optional<int32_t>& offset_seconds) {
  if (text.empty()) return true;
  if (text == "Z") {
    offset_seconds = 0;
    return true;
  }
  if (text.front() != '+' && text.front() != '-') return false;
  const int hours = TwoDigits(text, 1);
  int minutes = 0;
  if (text.size() == 5) {
    minutes = TwoDigits(text, 3);
  } else if (text.size() == 6 && text[3] == ':') {
    minutes = TwoDigits(text, 4);
  } else if (text.size() != 3) {
    return false;
  }
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return false;
  const int32_t seconds = hours * 3600 + minutes * 60;
  offset_seconds = text.front() == '-' ? -seconds : seconds;
  return true;
}

// Takes ".fraction" off the front, as microseconds; -1 if there are no digits.
int64_t TakeFraction(std::string_view& text) {
  if (!text.starts_with('.')) return 0;
  size_t at = 1;
  int64_t micros = 0;
  int64_t unit = kMicrosPerSecond / 10;
  for (; at < text.size() && IsDigit(text[at]); ++at, unit /= 10) micros += unit * (text[at] - '0');
  if (at == 1) return -1;
  text.remove_prefix(at);
  return micros;
}

std::optional<FieldDate> ToFieldDate(const std::optional<IsoTime>& time) {
  if (!time || time->utc_micros < kFirstMicros || time->utc_micros > kLastMicros)
    return std::nullopt;
  const int64_t below = time->utc_micros % kMicrosPerMilli < 0 ? 1 : 0;
  return FieldDate{time->utc_micros / kMicrosPerMilli - below, time->offset_seconds};
}

void AppendEscape(char32_t unit, std::string& out) {
  fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<uint32_t>(unit));
}

// As Python's json.dumps writes it: ASCII only.
void AppendJsonText(std::string_view text, std::string& out) {
  out += '"';
  while (!text.empty()) {
    const char byte = text.front();
    if (byte >= ' ' && byte < 0x7F && byte != '"' && byte != '\\') {
      out += byte;
      text.remove_prefix(1);
      continue;
    }
    const char32_t point = TakeCodePoint(text);
    switch (point) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default:
        if (point > 0xFFFF) {
          AppendEscape(0xD800 + ((point - 0x10000) >> 10), out);
          AppendEscape(0xDC00 + ((point - 0x10000) & 0x3FF), out);
        } else {
          AppendEscape(point, out);
        }
    }
  }
  out += '"';
}

constexpr std::string_view kLabelPrefix = "label_";

std::string WithoutLabelPrefixes(std::string_view key) {
  std::string cut;
  while (true) {
    const size_t at = key.find(kLabelPrefix);
    cut += key.substr(0, at);
    if (at == std::string_view::npos) return cut;
    key.remove_prefix(at + kLabelPrefix.size());
  }
}

struct Label {
  std::string key;
  std::string_view value;
};

// The labels of a text, a key once, and how many pieces were none.
std::pair<std::vector<Label>, int64_t> SplitLabels(std::string_view text) {
  std::vector<Label> labels;
  int64_t dropped = 0;
  while (!text.empty()) {
    const size_t bar = std::min(text.find('|'), text.size());
    const auto piece = text.substr(0, bar);
    text.remove_prefix(std::min(bar + 1, text.size()));
    if (piece.empty()) continue;
    const size_t colon = piece.find(':');
    if (colon == std::string_view::npos || piece.find(':', colon + 1) != std::string_view::npos) {
      ++dropped;
      continue;
    }
    Label label{WithoutLabelPrefixes(piece.substr(0, colon)), piece.substr(colon + 1)};
    labels.push_back(std::move(label));
  }
  return {std::move(labels), dropped};
}

// A repeated key keeps its first place and its last value.
std::vector<Label> Distinct(std::vector<Label> labels) {
  std::vector<size_t> order(labels.size());
  for (size_t at = 0; at < order.size(); ++at) order[at] = at;
  std::ranges::stable_sort(order, {},
                           [&](size_t at) -> const std::string& { return labels[at].key; });
  std::vector<bool> is_first(labels.size(), true);
  for (size_t at = 0; at < order.size();) {
    size_t next = at + 1;
    for (; next < order.size() && labels[order[next]].key == labels[order[at]].key; ++next)
      is_first[order[next]] = false;
    labels[order[at]].value = labels[order[next - 1]].value;
    at = next;
  }
  std::vector<Label> distinct;
  for (size_t at = 0; at < labels.size(); ++at) {
    if (is_first[at]) distinct.push_back(std::move(labels[at]));
  }
  return distinct;
}

bool IsAlphanumeric(char byte) {
  return IsDigit(byte) || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

std::optional<double> TakeInteger(std::string_view& text) {
  size_t digits = 0;
  double value = 0;
  for (; digits < text.size() && IsDigit(text[digits]); ++digits)
    value = value * 10 + (text[digits] - '0');
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

}  // namespace

bool IsNaWord(std::string_view text) {
  if (text.empty()) return true;
  if (text.size() > kLongestNaWord) return false;
  return text == kLastNaWord || std::ranges::find(kNaWords, text) != kNaWords.end();
}

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char byte : text) {
    switch (byte) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#x27;";
        break;
      default:
        escaped += byte;
    }
  }
  return escaped;
}

std::optional<double> ParseFloat(std::string_view text) {
  if (const auto value = ParseSimpleDecimal(text)) return value;
  const bool is_ascii = std::ranges::all_of(text, [](char byte) { return (byte & 0x80) == 0; });
  std::string ascii = is_ascii ? std::string(text) : DigitsToAscii(text);
  std::string_view trimmed = ascii;
  while (!trimmed.empty() && IsAsciiSpace(trimmed.front())) trimmed.remove_prefix(1);
  while (!trimmed.empty() && IsAsciiSpace(trimmed.back())) trimmed.remove_suffix(1);
  if (trimmed.find('_') == std::string_view::npos) return ParsePlainFloat(trimmed);
  const auto plain = WithoutUnderscores(trimmed);
  return plain ? ParsePlainFloat(*plain) : std::nullopt;
}

std::optional<IsoTime> ParseIsoTime(std::string_view text) {
  constexpr size_t date_size = 10;
  if (text.size() < date_size) return std::nullopt;
  const auto day = model::Day::Parse(text.substr(0, date_size));
  if (!day) return std::nullopt;
  IsoTime date;
  int64_t seconds = 0;
  int64_t micros = 0;
  if (text.size() > date_size) {
    if (text[date_size] != 'T' && text[date_size] != ' ') return std::nullopt;
    std::string_view rest = text.substr(date_size + 1);
    const int hour = TwoDigits(rest, 0);
    if (hour < 0 || hour > 24) return std::nullopt;
    rest.remove_prefix(2);
    int minute = 0;
    int second = 0;
    if (rest.starts_with(':')) {
      minute = TwoDigits(rest, 1);
      if (minute < 0 || minute > 59) return std::nullopt;
      rest.remove_prefix(3);
      if (rest.starts_with(':')) {
        second = TwoDigits(rest, 1);
        if (second < 0 || second > 59) return std::nullopt;
        rest.remove_prefix(3);
        micros = TakeFraction(rest);
        if (micros < 0) return std::nullopt;
      }
    }
    if (hour == 24 && (minute != 0 || second != 0 || micros != 0)) return std::nullopt;
    if (!TakeZone(rest, date.offset_seconds)) return std::nullopt;
    seconds = hour * 3600 + minute * 60 + second - date.offset_seconds.value_or(0);
  }
  date.utc_micros = day->start_millis() * kMicrosPerMilli + seconds * kMicrosPerSecond + micros;
  return date;
}

std::optional<FieldDate> ParseFieldDate(std::string_view text) {
  constexpr std::string_view utc_suffix = " +0000 UTC";
  if (text.ends_with(utc_suffix)) text.remove_suffix(utc_suffix.size());
  if (text.find(utc_suffix) == std::string_view::npos) return ToFieldDate(ParseIsoTime(text));
  std::string rest(text);
  for (size_t at = 0; (at = rest.find(utc_suffix, at)) != std::string::npos;)
    rest.erase(at, utc_suffix.size());
  return ToFieldDate(ParseIsoTime(rest));
}

ConvertedLabels ConvertLabels(std::string_view text) {
  auto [labels, dropped] = SplitLabels(text);
  ConvertedLabels converted{"{", dropped};
  for (const Label& label : Distinct(std::move(labels))) {
    if (converted.json.size() > 1) converted.json += ", ";
    AppendJsonText(label.key, converted.json);
    converted.json += ": ";
    AppendJsonText(label.value, converted.json);
  }
  converted.json += '}';
  return converted;
}

std::vector<std::string> LabelKeys(std::string_view text) {
  std::vector<std::string> keys;
  for (Label& label : Distinct(SplitLabels(text).first)) keys.push_back(std::move(label.key));
  return keys;
}

std::string_view GpuVendor(std::string_view vendor) {
  return vendor == "nvidia_com_gpu" ? "nvidia" : vendor;
}

std::string GpuModel(std::string_view model) {
  std::string words;
  for (const char byte : model) {
    if (IsAlphanumeric(byte)) {
      words += byte;
    } else if (!words.empty() && words.back() != ' ') {
      words += ' ';
    }
  }
  if (words.ends_with(' ')) words.pop_back();
  return words;
}

std::optional<MigProfile> ParseMigProfile(std::string_view profile) {
  while (!profile.empty() && IsAsciiSpace(profile.front())) profile.remove_prefix(1);
  while (!profile.empty() && IsAsciiSpace(profile.back())) profile.remove_suffix(1);
  const auto slices = TakeInteger(profile);
  if (!slices || profile.size() < 2 || !EqualsIgnoringCase(profile.substr(0, 2), "g."))
    return std::nullopt;
  profile.remove_prefix(2);
  const auto gigabytes = TakeInteger(profile);
  if (!gigabytes || !EqualsIgnoringCase(profile, "gb")) return std::nullopt;
  return MigProfile{*slices, *gigabytes * 1024};
}

std::optional<double> MaxSlicesOf(std::string_view model) {
  constexpr std::array<std::pair<std::string_view, double>, 7> models = {{{"A30", 4},
                                                                          {"A100", 7},
                                                                          {"H100", 7},
                                                                          {"H200", 7},
                                                                          {"B200", 7},
                                                                          {"RTX PRO 6000", 4},
                                                                          {"RTX PRO 5000", 2}}};
  for (const auto& [name, slices] : models) {
    if (model.find(name) != std::string_view::npos) return slices;
  }
  return std::nullopt;
}

}  // namespace matome::ingest
