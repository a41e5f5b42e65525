// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace matome::config {

/// A decimal number of any sign within int64; nothing else around it.
std::optional<int64_t> ParseWholeNumber(std::string_view text);

/// A fraction such as "0.15" or "2"; not negative, finite.
std::optional<double> ParseFraction(std::string_view text);

/// A size in bytes: a number, fractions allowed, and a unit as Kubernetes has them: Ki Mi Gi Ti
/// (also KiB …) are powers of 1024, k K M G T (also kB KB MB …) powers of 1000, none or B is bytes.
/// In any case.
std::optional<int64_t> ParseSizeBytes(std::string_view text);

/// "true" or "false", also yes/no, on/off, 1/0, in any case.
std::optional<bool> ParseSwitch(std::string_view text);

/// The parts between commas, without the spaces around them and without empty ones.
std::vector<std::string> SplitList(std::string_view text);

/// The UUID in lower case with dashes, if it is one.
std::optional<std::string> ParseUuid(std::string_view text);

}  // namespace matome::config
