// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace matome::ingest {

/// A text of unknown origin for a message: quoted, short, UTF-8, and harmless to a terminal.
std::string Printable(std::string_view text);

}  // namespace matome::ingest
