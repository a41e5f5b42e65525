// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "testing/dataset.h"
#include "testing/random_source.h"

namespace matome::testing {

/// Puts one fault, of a random kind and place, into otherwise good data: what may fail a day
/// (semantics §3.1, §7.3, §5.5.4 no. 2) or, elsewhere, do no harm.
void InjectRandomFault(const SummaryParameters& parameters, RandomSource* random, Dataset* dataset);

/// NULLs the amounts that would be divided by zero nodes (semantics §5.5.4 no. 2).
void SilenceVolumesWithoutNode(Dataset* dataset);

}  // namespace matome::testing
