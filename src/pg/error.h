// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace matome::pg {

/// What helps against an error.
enum class Recovery : uint8_t {
  kNone,       // Trying again gives the same.
  kRepeat,     // The same transaction again, on the same connection after a rollback.
  kReconnect,  // The same transaction again, on a new connection; this one is gone.
};

/// Why the latest call of a connection failed.
struct Error {
  base::Status status;
  std::string sqlstate;  // Empty where no answer of the server is the reason.
  Recovery recovery = Recovery::kNone;
  /// Statements went out and the connection broke before their answer came. If one of them was a
  /// COMMIT, nobody but the database knows whether it was done.
  bool outcome_unknown = false;

  bool retriable() const { return recovery != Recovery::kNone; }
};

/// What the server said of an error; texts are empty where it said nothing.
struct ServerMessage {
  std::string_view sqlstate;
  std::string_view text;
  std::string_view detail;
  std::string_view hint;
  std::string_view context;  // "COPY t, line 3, column c: …"
  std::string_view schema;
  std::string_view table;
  std::string_view column;
  std::string_view constraint;
  bool fatal = false;  // The server ended the connection with it.
};

/// The error that an answer of the server means (docs/design/postgresql.md, "Errors").
Error ErrorOf(const ServerMessage& message);

/// `text` without `secret`, wherever it stands. Texts of fewer than four characters are left: as
/// words of a message they say nothing.
std::string WithoutSecret(std::string text, std::string_view secret);

}  // namespace matome::pg
