// What the calendar on the wall says. Pure but for the host's time zone.
#pragma once

#include "base/time.hpp"

namespace rotunda::server {

// Minutes since Monday, 00:00, where this host is.
int minute_of_week(WallTime time);

}  // namespace rotunda::server
