// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "doctor/check.h"
#include "s3/s3_options.h"

namespace matome::doctor {

/// Adds the checks of the way to a store, which need no credentials: its address, name, connection,
/// TLS, clock. False if one of them failed.
bool CheckConnection(const s3::S3Options& options, Checks& checks);

}  // namespace matome::doctor
