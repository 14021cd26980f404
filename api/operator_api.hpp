// What operators see and steer over HTTP: health, metrics, state, rooms, participants, users, trunks, calls.
// Signaling thread, like all it looks at.
//
// operator_api.cpp has the routes of the server as a whole, operator_api_rooms.cpp those of rooms,
// operator_api_participants.cpp those of who is in them, operator_api_accounts.cpp users and trunks,
// metrics.cpp the metrics.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "accounts/binding.hpp"
#include "api/http_message.hpp"
#include "api/records.hpp"
#include "api/router.hpp"
#include "api/tokens.hpp"
#include "base/result.hpp"
#include "media/media_counters.hpp"
#include "media/video_context.hpp"
#include "rooms/focus.hpp"

namespace rotunda::api {

struct HttpCounters {
    std::size_t connections = 0;  // now
    std::uint64_t requests = 0;
    std::uint64_t refused = 0;  // connections beyond those there may be
    std::uint64_t limited = 0;  // answered 429
};
struct WebhookCounters {
    std::uint64_t sent = 0, retries = 0, lost = 0;
    std::size_t waiting = 0;
};

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
    std::uint64_t requests = 0;  // SIP, without retransmissions
    HttpCounters http;
    WebhookCounters webhooks;
    std::uint64_t records_lost = 0;                     // of calls, which could not be written
    std::uint64_t hep_lost = 0;                         // datagrams to the capture server that did not go
    media::MediaCounters media;                         // of all workers
    media::VideoCounters video;                         // of all video workers
    std::map<std::string_view, std::uint64_t> refused;  // by reason
};

// What a new configuration did: names of keys.
struct ReloadReport {
    std::vector<std::string_view> changed;
    std::vector<std::string_view> ignored;  // they wait for the next start
};

// What the API needs of the server around it.
class Host {
  public:
    virtual ~Host() = default;
    virtual Snapshot snapshot() const = 0;
    virtual TimePoint now() const = 0;
    // No new calls; running ones end by themselves or at the deadline.
    virtual void drain() = 0;
    // Reads the configuration again; an error says what is wrong with it, and that nothing changed.
    virtual Result<ReloadReport> reload() = 0;
    // Every user's name, and the contacts he has registered.
    using UserVisitor = std::function<void(std::string_view name, const std::vector<accounts::Binding>&)>;
    virtual void each_user(const UserVisitor& visit) const = 0;
    // Something was asked of the focus: what it has to say now must go out.
    virtual void settle() = 0;
};

class OperatorApi {
  public:
    // What is referred to outlives the API.
    OperatorApi(Host& host, rooms::Focus& focus, const Records& records, Tokens tokens);
    HttpResponse answer(const HttpRequest& request) const { return router_.answer(request); }
    void set_tokens(Tokens tokens) { tokens_ = std::move(tokens); }
    const Router& router() const { return router_; }

  private:
    void add_health();
    void add_state();
    void add_rooms();
    void add_participants();
    void add_dials();
    void add_accounts();
    void add_calls();

    HttpResponse metrics() const;
    HttpResponse state() const;
    HttpResponse events(const HttpRequest& request) const;
    HttpResponse drain();
    HttpResponse reload();

    HttpResponse rooms() const;
    HttpResponse open_room(const HttpRequest& request);
    HttpResponse room(const rooms::Room& room) const;
    HttpResponse change_room(const rooms::Room& room, const HttpRequest& request);
    HttpResponse end_room(const rooms::Room& room);
    HttpResponse announce(const rooms::Room& room, const HttpRequest& request);
    HttpResponse dial(const std::string& room, const HttpRequest& request);
    HttpResponse cancel_dial(const std::string& dial);

    HttpResponse participants(const rooms::Room& room) const;
    HttpResponse participant(const rooms::Participant& who) const;
    HttpResponse change_participant(const rooms::Participant& who, const HttpRequest& request);
    HttpResponse remove_participant(const rooms::Participant& who);
    HttpResponse refer_participant(const rooms::Participant& who, const HttpRequest& request);

    HttpResponse users() const;
    HttpResponse registrations() const;
    HttpResponse trunks() const;

    HttpResponse calls(const HttpRequest& request) const;
    HttpResponse messages(const std::string& call) const;
    HttpResponse capture(const std::string& call) const;

    // Asks the focus for what the path names, or answers 404.
    Handler in_room(std::function<HttpResponse(const rooms::Room&, const Call&)> handler) const;
    Handler with_participant(
        std::function<HttpResponse(const rooms::Participant&, const Call&)> handler) const;

    Host& host_;
    rooms::Focus& focus_;
    const Records& records_;
    Tokens tokens_;
    Router router_;
};

}  // namespace rotunda::api
