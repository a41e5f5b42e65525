// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/semantics.h"

namespace matome::labels {

/// One label as it stands in the text; an absent value is JSON null.
struct Label {
  std::string_view key;
  std::optional<std::string_view> value;
};

/// Reads the JSON text of a label column by the rules of semantics §3.1 (of §6 rows 2 to 8 with
/// kKokuPostgresql): one flat object, values turned into text.
///
/// Strict: whatever the engine would stop at is an error (kBadInput) that says what and where in
/// the text. Keeps its buffers from call to call. Not thread-safe.
class LabelParser {
 public:
  explicit LabelParser(model::Semantics semantics) : semantics_(semantics) {}

  /// Parses `text`. Returns false for the NULL map (JSON null), true for a map that labels() then
  /// holds.
  base::Result<bool> Parse(std::string_view text);

  /// The labels of the last map in order of appearance, keys distinct. Views are valid until the
  /// next Parse(), and only as long as the text that was parsed.
  const std::vector<Label>& labels() const { return labels_; }

 private:
  base::Status Members();
  base::Status Value(std::optional<std::string_view>& value);
  /// Reads a JSON string from its opening quote. A view into the input where nothing needed
  /// unescaping.
  base::Status String(std::string_view& value);
  base::Status Escape(std::string& out);
  base::Result<uint32_t> HexDigits();
  base::Status NumberText(std::string_view& value);
  /// A nested value in the text form that PostgreSQL gives jsonb. Only with kKokuPostgresql.
  base::Status Nested(std::string& out, int depth);
  base::Status Literal(std::string_view word);
  base::Status ResolveDuplicates();
  void SkipBlanks();
  base::Status Error(std::string_view what) const;
  bool trino() const { return semantics_ == model::Semantics::kTrino; }

  model::Semantics semantics_;
  std::string_view text_;
  size_t at_ = 0;
  std::vector<Label> labels_;
  std::deque<std::string> unescaped_;  // Values that are not views into the text.
};

}  // namespace matome::labels
