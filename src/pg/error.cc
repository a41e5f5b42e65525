// SPDX-License-Identifier: Apache-2.0
#include "pg/error.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace matome::pg {
namespace {

using base::Code;

struct Class {
  std::string_view prefix;  // Of the SQLSTATE; the first that fits counts.
  Code code;
  Recovery recovery;
};

constexpr std::array kClasses = {
    Class{"08", Code::kDatabaseUnavailable, Recovery::kReconnect},
    Class{"57P04", Code::kDatabaseUnavailable, Recovery::kNone},  // The database was dropped.
    Class{"57P", Code::kDatabaseUnavailable, Recovery::kReconnect},
    Class{"53300", Code::kDatabaseUnavailable, Recovery::kReconnect},
    Class{"25P03", Code::kDatabaseUnavailable, Recovery::kReconnect},  // Idle in transaction.
    Class{"40", Code::kTemporary, Recovery::kRepeat},
    Class{"55P03", Code::kTemporary, Recovery::kRepeat},
    Class{"55006", Code::kTemporary, Recovery::kRepeat},
    Class{"57014", Code::kTemporary, Recovery::kRepeat},
    Class{"53", Code::kTemporary, Recovery::kRepeat},
    Class{"58", Code::kTemporary, Recovery::kRepeat},
    Class{"25006", Code::kDatabaseUnavailable, Recovery::kNone},  // A standby.
    Class{"28", Code::kDatabaseUnavailable, Recovery::kNone},
    Class{"3D000", Code::kDatabaseUnavailable, Recovery::kNone},
    Class{"42501", Code::kDatabaseUnavailable, Recovery::kNone},
    Class{"42", Code::kSchemaMismatch, Recovery::kNone},
    Class{"3F000", Code::kSchemaMismatch, Recovery::kNone},
    Class{"22", Code::kBadInput, Recovery::kNone},
    Class{"23", Code::kBadInput, Recovery::kNone},
};

}  // namespace

Error ErrorOf(const ServerMessage& message) {
  Error error{.sqlstate = std::string(message.sqlstate)};
  Code code = Code::kFailed;
  const auto* known = std::find_if(kClasses.begin(), kClasses.end(), [&](const Class& candidate) {
    return message.sqlstate.starts_with(candidate.prefix);
  });
  if (known != kClasses.end()) {
    code = known->code;
    error.recovery = known->recovery;
  }
  if (message.fatal && error.recovery == Recovery::kRepeat) error.recovery = Recovery::kReconnect;

  std::string text(message.text);
  if (!message.detail.empty()) text += fmt::format(": {}", message.detail);
  // The context of a failed COPY names table, line, column and value already.
  if (!message.context.empty()) {
    text += fmt::format(" [{}]", message.context.substr(0, message.context.find('\n')));
  } else if (!message.table.empty()) {
    text += fmt::format(" [{}.{}{}{}]", message.schema, message.table,
                        message.column.empty() ? "" : " column ", message.column);
  }
  if (!message.constraint.empty()) text += fmt::format(" [constraint {}]", message.constraint);
  if (!message.sqlstate.empty()) text += fmt::format(" (SQLSTATE {})", message.sqlstate);
  if (!message.hint.empty()) text += fmt::format("; {}", message.hint);
  error.status = {code, std::move(text)};
  return error;
}

std::string WithoutSecret(std::string text, std::string_view secret) {
  if (secret.size() < 4) return text;
  for (size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
    text.replace(at, secret.size(), "***");
    at += 3;
  }
  return text;
}

}  // namespace matome::pg
