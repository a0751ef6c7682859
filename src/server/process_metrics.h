#pragma once

#include "base/metrics.h"

namespace tarn::server {

/// What Prometheus' own client libraries tell of a process, under their names: memory, descriptors,
/// processor time, start. Read from /proc at each rendering; a value that cannot be read is 0.
void register_process_metrics(Metrics& metrics);

}  // namespace tarn::server
