#include "api/operator_api.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"

namespace rotunda::api {

namespace json_ = boost::json;

namespace {

constexpr std::string_view removed_reason = "SIP;cause=410;text=\"Removed by the operator\"";
constexpr std::string_view ended_reason = "SIP;cause=410;text=\"The room was closed by the operator\"";

std::string_view direction(const media::AudioLeg& leg) {
    if (leg.sends) return leg.receives ? "sendrecv" : "sendonly";
    return leg.receives ? "recvonly" : "inactive";
}

json_::object describe(const rooms::Room& room) {
    return {{"name", room.name},
            {"participants", room.participants},
            {"max_participants", room.max_participants},
            {"worker", room.worker}};
}

json_::object describe(const rooms::Participant& who, TimePoint now) {
    json_::object out{{"id", who.id.value},
                      {"room", who.room_name},
                      {"from", who.from},
                      {"call_id", who.call_id},
                      {"joined", who.joined},
                      {"seconds", static_cast<std::int64_t>((now - who.since) / std::chrono::seconds(1))}};
    if (who.joined)
        out["audio"] = json_::object{{"codec", encoding_name(who.leg.send.codec)},
                                     {"ptime_ms", who.leg.send.ptime_ms},
                                     {"direction", direction(who.leg)},
                                     {"on_hold", who.leg.on_hold}};
    return out;
}

HttpResponse no_such_room() {
    return problem(404, "No such room is open.");
}

}  // namespace

OperatorApi::OperatorApi(Host& host, rooms::Focus& focus, const EventHistory& history, Tokens tokens)
    : host_(host),
      focus_(focus),
      history_(history),
      tokens_(std::move(tokens)),
      router_([this](const HttpRequest& request) { return tokens_.scope_of(request); }) {
    add_health();
    add_state();
    add_rooms();
}

void OperatorApi::add_health() {
    router_.add({"GET", "/healthz", Scope::open, [](const Call&) { return text("ok\n"); }});
    router_.add({"GET", "/readyz", Scope::open, [this](const Call&) {
                     if (host_.snapshot().draining) return problem(503, "Draining: no new calls.");
                     return text("ready\n");
                 }});
    router_.add({"GET", "/metrics", Scope::open, [this](const Call&) { return metrics(); }});
}

void OperatorApi::add_state() {
    router_.add({"GET", "/v1/state", Scope::read, [this](const Call&) { return state(); }});
    router_.add(
        {"GET", "/v1/events", Scope::read, [this](const Call& call) { return events(call.request); }});
    router_.add({"POST", "/v1/drain", Scope::control, [this](const Call&) { return drain(); }});
}

void OperatorApi::add_rooms() {
    router_.add({"GET", "/v1/rooms", Scope::read, [this](const Call&) { return rooms(); }});
    router_.add({"GET", "/v1/rooms/{room}", Scope::read,
                 [this](const Call& call) { return room(call.arguments[0]); }});
    router_.add({"DELETE", "/v1/rooms/{room}", Scope::control,
                 [this](const Call& call) { return end_room(call.arguments[0]); }});
    router_.add({"GET", "/v1/rooms/{room}/participants", Scope::read,
                 [this](const Call& call) { return participants(call.arguments[0]); }});
    router_.add(
        {"DELETE", "/v1/rooms/{room}/participants/{participant}", Scope::control,
         [this](const Call& call) { return remove_participant(call.arguments[0], call.arguments[1]); }});
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

HttpResponse OperatorApi::rooms() const {
    json_::array list;
    focus_.each_room([&](const rooms::Room& room) { list.push_back(describe(room)); });
    return json(json_::serialize(json_::object{{"rooms", std::move(list)}}));
}

HttpResponse OperatorApi::room(const std::string& name) const {
    const rooms::Room* room = focus_.find_room(name);
    return room ? json(json_::serialize(describe(*room))) : no_such_room();
}

HttpResponse OperatorApi::participants(const std::string& name) const {
    const rooms::Room* room = focus_.find_room(name);
    if (!room) return no_such_room();
    json_::array list;
    focus_.each_participant(
        room->id, [&](const rooms::Participant& who) { list.push_back(describe(who, host_.now())); });
    return json(json_::serialize(json_::object{{"participants", std::move(list)}}));
}

HttpResponse OperatorApi::end_room(const std::string& name) {
    const rooms::Room* room = focus_.find_room(name);
    if (!room) return no_such_room();
    focus_.end_room(room->id, ended_reason, host_.now());
    host_.settle();
    return {204, {}, {}, {}, {}};
}

HttpResponse OperatorApi::remove_participant(const std::string& name, const std::string& id) {
    const rooms::Room* room = focus_.find_room(name);
    if (!room) return no_such_room();
    const auto number = parse_number<std::uint64_t>(id, UINT64_MAX);
    if (!number || !focus_.remove(room->id, media::ParticipantId{*number}, removed_reason, host_.now()))
        return problem(404, "No such participant is in this room.");
    host_.settle();
    return {204, {}, {}, {}, {}};
}

// Without Last-Event-ID: what happens from now on.
HttpResponse OperatorApi::events(const HttpRequest& request) const {
    HttpResponse response = text({}, "text/event-stream");
    response.events_after =
        parse_number<std::uint64_t>(request.last_event_id, UINT64_MAX - 1).value_or(history_.last());
    return response;
}

HttpResponse OperatorApi::drain() {
    host_.drain();
    return {202, {}, {}, {}, {}};
}

}  // namespace rotunda::api
