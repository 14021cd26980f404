// What /metrics says of calls, of sound and picture, and of the server as it is run.
#pragma once

#include "api/metrics_text.hpp"
#include "api/operator_api.hpp"
#include "rooms/call_log.hpp"

namespace rotunda::api {

void add_call_figures(MetricsText& out, const rooms::CallCounters& calls);
void add_figures(MetricsText& out, const Snapshot& now);

}  // namespace rotunda::api
