// What operators see and steer over HTTP: health, metrics, state, rooms, participants, users, trunks, calls.
// Signaling thread, like all it looks at.
//
// operator_api.cpp has the routes of the server as a whole, operator_api_rooms.cpp those of rooms,
// operator_api_participants.cpp those of who is in them, operator_api_accounts.cpp users and trunks,
// operator_api_calls.cpp calls that were, operator_api_bans.cpp bans, metrics.cpp the metrics.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "accounts/binding.hpp"
#include "api/http_message.hpp"
#include "api/readiness.hpp"
#include "api/records.hpp"
#include "api/router.hpp"
#include "api/tokens.hpp"
#include "base/result.hpp"
#include "media/media_counters.hpp"
#include "media/video_context.hpp"
#include "rooms/focus.hpp"
#include "signaling/flood_guard.hpp"

namespace rotunda::api {

struct HttpCounters {
    std::size_t connections = 0;  // now
    std::uint64_t requests = 0;
    std::uint64_t refused = 0;  // connections beyond those there may be
    std::uint64_t limited = 0;  // answered 429
    std::uint64_t displaced = 0, refused_streams = 0, unknown_tokens = 0, slow = 0, malformed = 0;
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
    bool overloaded = false;  // new calls are refused until its own work is less
    std::size_t sessions = 0;
    std::size_t transactions = 0;
    std::size_t stream_connections = 0;
    std::size_t free_media_pairs = 0;
    std::size_t calls_max = 0;
    std::size_t banned = 0;                          // addresses now
    std::uint64_t bans = 0;                          // so far
    std::map<std::string_view, std::size_t> queues;  // what waits, by for whom
    std::optional<WallTime> certificate_expires;     // none: no TLS
    std::uint64_t reloads = 0, failed_reloads = 0;
    std::uint64_t log_lines_lost = 0;
    std::uint64_t requests = 0;  // SIP, without retransmissions
    HttpCounters http;
    WebhookCounters webhooks;
    std::uint64_t records_lost = 0;                     // of calls, which could not be written
    std::uint64_t database_failures = 0;                // so often it could not be written or read
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
    virtual WallOffset wall_offset() const = 0;
    // No new calls; running ones end by themselves or at the deadline.
    virtual void drain() = 0;
    // Reads the configuration again; an error says what is wrong with it, and that nothing changed.
    virtual Result<ReloadReport> reload() = 0;
    // Every user's name, and the contacts he has registered.
    using UserVisitor = std::function<void(std::string_view name, const std::vector<accounts::Binding>&)>;
    virtual void each_user(const UserVisitor& visit) const = 0;
    // Addresses nothing is taken from; `length` is what is left of it.
    virtual std::vector<sip::Ban> bans() const = 0;
    virtual void ban(const IpAddress& address, Duration length) = 0;
    // False: it is not banned.
    virtual bool lift_ban(const IpAddress& address) = 0;
    // Something was asked of the focus: what it has to say now must go out.
    virtual void settle() = 0;
};

inline constexpr std::string_view no_video = "This server shows no video (video.enabled).";

class OperatorApi {
  public:
    // What is referred to outlives the API.
    OperatorApi(Host& host, rooms::Focus& focus, Records& records, Tokens tokens);
    HttpResponse answer(const HttpRequest& request) const { return router_.answer(request); }
    // Who asks may read at least.
    bool knows(const HttpRequest& request) const { return tokens_.scope_of(request) != Scope::open; }
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
    void add_bans();

    std::optional<std::string> why_not(const Snapshot& now);
    HttpResponse metrics();
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

    HttpResponse participants(const rooms::Room& room);
    HttpResponse participant(const rooms::Participant& who) const;
    HttpResponse change_participant(const rooms::Participant& who, const HttpRequest& request);
    HttpResponse remove_participant(const rooms::Participant& who);
    HttpResponse refer_participant(const rooms::Participant& who, const HttpRequest& request);
    HttpResponse move_participant(const rooms::Participant& who, const HttpRequest& request);
    HttpResponse send_digits(const rooms::Participant& who, const HttpRequest& request);
    HttpResponse bans() const;
    HttpResponse ban(const HttpRequest& request);
    HttpResponse lift_ban(const std::string& address);

    HttpResponse users() const;
    HttpResponse registrations() const;
    HttpResponse trunks() const;

    HttpResponse calls(const HttpRequest& request) const;
    HttpResponse messages(const std::string& call) const;
    HttpResponse capture(const std::string& call) const;
    HttpResponse media_capture(const std::string& call) const;
    HttpResponse begin_capture(const rooms::Participant& who, const HttpRequest& request);

    // Asks the focus for what the path names, or answers 404.
    Handler in_room(std::function<HttpResponse(const rooms::Room&, const Call&)> handler) const;
    Handler with_participant(
        std::function<HttpResponse(const rooms::Participant&, const Call&)> handler) const;

    Host& host_;
    rooms::Focus& focus_;
    Records& records_;
    Tokens tokens_;
    Readiness readiness_;
    Router router_;
};

}  // namespace rotunda::api
