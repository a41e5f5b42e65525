// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace matome::s3 {

/// The SHA-256 of `bytes` (FIPS 180-4), in lower-case hexadecimal digits: what a signature says of
/// a request's body. libcurl has one of its own and gives it to nobody.
std::string Sha256Hex(std::string_view bytes);

/// That of no bytes.
inline constexpr std::string_view kEmptySha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

}  // namespace matome::s3
