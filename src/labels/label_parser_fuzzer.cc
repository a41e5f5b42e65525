// SPDX-License-Identifier: Apache-2.0
// Label texts: LabelParser against nlohmann-json and against the naive parser, LabelStore against
// itself.

#include "labels/label_parser.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "labels/label_store.h"
#include "testing/naive_labels.h"

namespace matome::labels {
namespace {

using model::Semantics;
using nlohmann::json;

[[noreturn]] void Fail(const char* what, std::string_view text) {
  std::fprintf(stderr, "%s: %.*s\n", what, static_cast<int>(text.size()), text.data());
  std::abort();
}

/// What nlohmann-json holds of a text, with Trino's rules for objects on top. It refuses lone
/// surrogates and numbers beyond a double, skips a byte order mark, and knows nothing of NUL:
/// `undecided` then.
struct Opinion {
  bool undecided = false;
  bool flat_object = false;
  std::vector<std::string> keys;
};

Opinion OpinionOf(std::string_view text) {
  Opinion opinion;
  std::set<std::string> keys;
  bool duplicate = false;
  bool nested = false;
  const auto look = [&](int depth, json::parse_event_t event, json& value) {
    if (depth == 1 && event == json::parse_event_t::key) {
      opinion.keys.push_back(value.get<std::string>());
      duplicate |= !keys.insert(opinion.keys.back()).second;
    }
    nested |= depth > 0 && (event == json::parse_event_t::object_start ||
                            event == json::parse_event_t::array_start);
    return true;
  };
  const json document = json::parse(text, look, /*allow_exceptions=*/false);
  const bool has_escape = text.find("\\u") != std::string_view::npos;
  const bool has_exponent = text.find_first_of("eE") != std::string_view::npos;
  opinion.undecided =
      text.starts_with("\xEF\xBB\xBF") || text.find('\0') != std::string_view::npos ||
      (document.is_discarded() && (has_escape || has_exponent || text.size() > 300));
  opinion.flat_object = !document.is_discarded() && document.is_object() && !duplicate && !nested;
  return opinion;
}

void CheckAgainstNaive(std::string_view text, Semantics semantics, const base::Result<bool>& parsed,
                       const LabelParser& parser) {
  if (!base::IsValidUtf8(text)) return;
  // The naive parser recurses without a limit of its own.
  if (std::count(text.begin(), text.end(), '[') + std::count(text.begin(), text.end(), '{') > 200)
    return;
  const auto naive = testing::NaiveParseLabels(
      std::string(text), semantics == Semantics::kTrino ? testing::Semantics::kTrino
                                                        : testing::Semantics::kKokuPostgresql);
  if (naive.error.has_value() == parsed.ok()) {
    Fail(parsed.ok() ? "the naive parser refuses" : "the naive parser accepts", text);
  }
  if (!parsed.ok()) return;
  if (naive.map.has_value() != *parsed) Fail("NULL map or not", text);
  if (!*parsed) return;
  testing::NaiveLabelMap map;
  for (const Label& label : parser.labels()) {
    map[std::string(label.key)] =
        label.value ? std::optional(std::string(*label.value)) : std::nullopt;
  }
  if (map.size() != parser.labels().size()) Fail("a key twice among the labels", text);
  if (map != *naive.map) Fail("other labels than the naive parser's", text);
}

void CheckStore(std::string_view text, const Opinion& opinion) {
  LabelStore store(opinion.keys, Semantics::kTrino);
  const auto id = store.FromText(text);
  if (LabelStore::IsBad(id) || id == model::kNullLabelSet) return;
  const std::string canonical(store.Json(id));
  if (store.FromText(canonical) != id) Fail("canonical JSON reads as another map", canonical);
  if (store.Merge(id, id) != id || store.Merge(model::kEmptyLabelSet, id) != id)
    Fail("merge with itself", text);
  if (json::parse(canonical, nullptr, false).is_discarded())
    Fail("canonical text that is not JSON", canonical);
}

}  // namespace
}  // namespace matome::labels

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace matome::labels;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Opinion opinion = OpinionOf(text);
  for (const auto semantics : {Semantics::kTrino, Semantics::kKokuPostgresql}) {
    LabelParser parser(semantics);
    const auto parsed = parser.Parse(text);
    CheckAgainstNaive(text, semantics, parsed, parser);
    if (semantics != Semantics::kTrino || opinion.undecided) continue;
    const bool is_map = parsed.ok() && *parsed;
    if (is_map != opinion.flat_object)
      Fail(is_map ? "nlohmann-json refuses" : "nlohmann-json accepts", text);
  }
  CheckStore(text, opinion);
  return 0;
}
