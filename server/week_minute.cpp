#include "server/week_minute.hpp"

#include <chrono>
#include <ctime>

namespace rotunda::server {

int minute_of_week(WallTime time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch());
    const std::time_t moment = seconds.count();
    std::tm local{};
    localtime_r(&moment, &local);
    const int since_monday = (local.tm_wday + 6) % 7;
    return (since_monday * 24 + local.tm_hour) * 60 + local.tm_min;
}

}  // namespace rotunda::server
