// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <utility>

#include "base/status.h"

namespace matome::pg {

/// A keyword of libpq ("host", "password") and its value.
using ConnectWord = std::pair<std::string, std::string>;

/// `conninfo`, a URL or a text of key=value pairs, as such pairs, with those of `defaults` that it
/// does not give itself. kUsage if it cannot be understood; the message quotes no value of it.
base::Result<std::string> CompleteConninfo(const std::string& conninfo,
                                           std::span<const ConnectWord> defaults);

}  // namespace matome::pg
