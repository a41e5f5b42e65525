// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "datagen/cluster.h"
#include "datagen/random.h"

namespace matome::datagen {

/// Labels of one object, in the order in which they are printed.
using LabelList = std::vector<std::pair<std::string, std::string>>;

/// Sorts by key, as a metrics operator does, and prints like Python's json.dumps. Keys and values
/// are plain ASCII.
std::string PrintLabels(LabelList labels);

/// Letters and digits as Kubernetes puts them at the end of names.
std::string RandomSuffix(Random& random, size_t length);
std::string RandomHex(Random& random, size_t length);

// The steps of MakeCluster, in this order.
void AddNodes(Cluster& cluster);
void AddNamespaces(Cluster& cluster);
void AddWorkloads(Cluster& cluster);
void AddVolumes(Cluster& cluster);
void AddPods(Cluster& cluster);

}  // namespace matome::datagen
