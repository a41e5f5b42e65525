// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "pipeline/summarize.h"
#include "testing/dataset.h"

namespace matome::support {

enum class Roles : uint8_t { kGiven, kDerived };

/// What a run over a lake of WriteLake needs to know: days, reference data, semantics; and where
/// its output goes. With kDerived the list of nodes is left to the run.
pipeline::SummarizeOptions MakeRunOptions(const testing::SummaryParameters& parameters, Roles roles,
                                          const std::string& output_directory);

/// The directory of options' only output; empty without one.
std::string OutputDirectory(const pipeline::SummarizeOptions& options);

/// Summarises without progress and without being stopped.
base::Result<model::RunResult> Summarize(const store::ObjectStore& lake,
                                         const pipeline::SummarizeOptions& options);

}  // namespace matome::support
