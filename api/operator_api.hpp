// What operators see and steer over HTTP: health, metrics, state, rooms, participants. Signaling thread, like
// all it looks at.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "api/event_history.hpp"
#include "api/http_message.hpp"
#include "api/router.hpp"
#include "api/tokens.hpp"
#include "media/media_counters.hpp"
#include "rooms/focus.hpp"

namespace rotunda::api {

// The server at one moment.
struct Snapshot {
    std::string_view version;
    Duration uptime{};
    bool draining = false;
    std::size_t sessions = 0;
    std::size_t transactions = 0;
    std::size_t stream_connections = 0;
    std::size_t free_media_pairs = 0;
    std::uint64_t log_lines_lost = 0;
    std::uint64_t requests = 0;                         // SIP, without retransmissions
    media::MediaCounters media;                         // of all workers
    std::map<std::string_view, std::uint64_t> refused;  // by reason
};

// What the API needs of the server around it.
class Host {
  public:
    virtual ~Host() = default;
    virtual Snapshot snapshot() const = 0;
    virtual TimePoint now() const = 0;
    // No new calls; running ones end by themselves or at the deadline.
    virtual void drain() = 0;
    // Something was asked of the focus: what it has to say now must go out.
    virtual void settle() = 0;
};

class OperatorApi {
  public:
    // What is referred to outlives the API.
    OperatorApi(Host& host, rooms::Focus& focus, const EventHistory& history, Tokens tokens);
    HttpResponse answer(const HttpRequest& request) const { return router_.answer(request); }
    const Router& router() const { return router_; }

  private:
    void add_health();
    void add_state();
    void add_rooms();

    HttpResponse metrics() const;
    HttpResponse state() const;
    HttpResponse rooms() const;
    HttpResponse room(const std::string& name) const;
    HttpResponse participants(const std::string& room) const;
    HttpResponse end_room(const std::string& name);
    HttpResponse remove_participant(const std::string& room, const std::string& id);
    HttpResponse events(const HttpRequest& request) const;
    HttpResponse drain();

    Host& host_;
    rooms::Focus& focus_;
    const EventHistory& history_;
    Tokens tokens_;
    Router router_;
};

}  // namespace rotunda::api
