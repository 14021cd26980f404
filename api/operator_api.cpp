#include "api/operator_api.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "api/request_query.hpp"
#include "base/text.hpp"

namespace rotunda::api {

namespace json_ = boost::json;

namespace {

constexpr std::uint64_t last_number = UINT64_MAX - 1;  // of an event

}  // namespace

OperatorApi::OperatorApi(Host& host, rooms::Focus& focus, Records& records, Tokens tokens)
    : host_(host),
      focus_(focus),
      records_(records),
      tokens_(std::move(tokens)),
      router_([this](const HttpRequest& request) { return tokens_.scope_of(request); }) {
    add_health();
    add_state();
    add_rooms();
    add_participants();
    add_dials();
    add_accounts();
    add_calls();
    add_bans();
}

void OperatorApi::add_health() {
    router_.add({"GET", "/healthz", Scope::open, [](const Call&) { return text("ok\n"); }});
    router_.add({"GET", "/readyz", Scope::open, [this](const Call&) {
                     const auto why_not = this->why_not(host_.snapshot());
                     return why_not ? problem(503, *why_not) : text("ready\n");
                 }});
    router_.add({"GET", "/metrics", Scope::open, [this](const Call&) { return metrics(); }});
}

void OperatorApi::add_state() {
    router_.add({"GET", "/v1/state", Scope::read, [this](const Call&) { return state(); }});
    router_.add(
        {"GET", "/v1/events", Scope::read, [this](const Call& call) { return events(call.request); }});
    router_.add({"POST", "/v1/drain", Scope::control, [this](const Call&) { return drain(); }});
    router_.add({"POST", "/v1/reload", Scope::control, [this](const Call&) { return reload(); }});
}

std::optional<std::string> OperatorApi::why_not(const Snapshot& now) {
    return readiness_.why_not({now.draining, now.overloaded, focus_.calls(), now.calls_max,
                               now.free_media_pairs, now.media.ticks, now.media.late_ticks},
                              host_.now());
}

HttpResponse OperatorApi::state() const {
    const Snapshot now = host_.snapshot();
    json_::object refused;
    for (const auto& [reason, times] : now.refused)
        if (times > 0) refused[reason] = times;
    return json(json_::serialize(
        json_::object{{"version", now.version},
                      {"uptime_s", static_cast<std::int64_t>(now.uptime / std::chrono::seconds(1))},
                      {"draining", now.draining},
                      {"calls", focus_.calls()},
                      {"rooms", focus_.rooms()},
                      {"sessions", now.sessions},
                      {"transactions", now.transactions},
                      {"stream_connections", now.stream_connections},
                      {"media_pairs_free", now.free_media_pairs},
                      {"late_ticks", now.media.late_ticks},
                      {"refused", refused}}));
}

// Without Last-Event-ID, or ?after= of a client that cannot set header fields: what happens from now on.
HttpResponse OperatorApi::events(const HttpRequest& request) const {
    HttpResponse response = text({}, "text/event-stream");
    response.web_socket = iequals(request.upgrade, "websocket");
    if (response.web_socket && (request.web_socket_key.empty() || request.web_socket_version != "13"))
        return problem(400, "A WebSocket needs Sec-WebSocket-Key and version 13 (RFC 6455).");
    RequestQuery query(request);
    const auto asked = query.number("after", last_number);
    if (auto wrong = query.complaint()) return *wrong;
    // What a browser sends by itself may be another server's.
    const auto resumed = parse_number<std::uint64_t>(request.last_event_id, last_number);
    // An EventSource that comes back says both: the address it began with, and how far it came.
    response.events_after = std::max(asked, resumed).value_or(records_.events.last());
    return response;
}

HttpResponse OperatorApi::drain() {
    host_.drain();
    return without_body(202);
}

HttpResponse OperatorApi::reload() {
    const auto report = host_.reload();
    if (!report) return problem(422, report.error().message);
    const auto names = [](const auto& keys) { return json_::array(keys.begin(), keys.end()); };
    return json(json_::serialize(
        json_::object{{"changed", names(report->changed)}, {"ignored", names(report->ignored)}}));
}

}  // namespace rotunda::api
