#include "server/event_tap.hpp"

#include "server/log_format.hpp"

namespace rotunda::server {

void EventTap::write(const LogRecord& record) {
    log_.write(record);
    history_.add(record.event, json_line(record, clock_.wall()));
    on_event_();
}

}  // namespace rotunda::server
