#include "server/event_tap.hpp"

#include "server/log_format.hpp"

namespace rotunda::server {

void EventTap::write(const LogRecord& record) {
    log_.write(record);
    const std::string json = json_line(record, clock_.wall());
    history_.add(record.event, json);
    webhooks_.tell(history_.last(), record.event, json);
    on_event_();
}

}  // namespace rotunda::server
