// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/status.h"

namespace matome::pg {

/// Loads libpq, once: with all that it needs (TLS, Kerberos, LDAP) that takes as long as the rest
/// of the program's start, and a run without a database has no use for it. To be called before any
/// of its functions. kFailed where it is not installed. Thread-safe.
base::Status LoadLibpq();

/// "15.18"; loads it. Empty where it is not installed.
std::string LibpqVersion();

}  // namespace matome::pg
