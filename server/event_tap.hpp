// What the focus logs of rooms and calls is what watchers are told: every record goes on to the log, and into
// the history of events, and to webhooks. Signaling thread.
#pragma once

#include <functional>

#include "api/event_history.hpp"
#include "base/log.hpp"
#include "server/clock.hpp"
#include "server/webhooks.hpp"

namespace rotunda::server {

class EventTap final : public LogSink {
  public:
    // Everything referred to outlives the tap. `on_event`: there is something new in the history.
    EventTap(LogSink& log, api::EventHistory& history, Webhooks& webhooks, const Clock& clock,
             std::function<void()> on_event)
        : log_(log), history_(history), webhooks_(webhooks), clock_(clock), on_event_(std::move(on_event)) {}

    void write(const LogRecord& record) override;

  private:
    LogSink& log_;
    api::EventHistory& history_;
    Webhooks& webhooks_;
    const Clock& clock_;
    std::function<void()> on_event_;
};

}  // namespace rotunda::server
