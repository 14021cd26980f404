// The routes of who is in a room.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

#include "api/operator_api.hpp"
#include "api/request_body.hpp"
#include "base/text.hpp"

namespace rotunda::api {

namespace json_ = boost::json;

namespace {

constexpr std::string_view removed_reason = "SIP;cause=410;text=\"Removed by the operator\"";
constexpr double quietest_db = -40, loudest_db = 12;

std::string_view direction(const media::AudioLeg& leg) {
    if (leg.sends) return leg.receives ? "sendrecv" : "sendonly";
    return leg.receives ? "recvonly" : "inactive";
}

double to_db(float gain) {
    return std::round(200.0 * std::log10(static_cast<double>(gain))) / 10.0;
}

json_::object describe_audio(const rooms::Participant& who) {
    return {{"codec", encoding_name(who.leg.send.codec)},
            {"ptime_ms", who.leg.send.ptime_ms},
            {"direction", direction(who.leg)},
            {"on_hold", who.leg.on_hold}};
}

double rounded(double value) {
    return std::round(value * 100.0) / 100.0;
}

json_::object describe_quality(const rooms::Participant& who) {
    return {{"mos", rounded(*who.mos)},
            {"lost", who.reported.packets_lost},
            {"jitter_ms", rounded(to_ms(who.reported.jitter))},
            {"delay_ms", rounded(to_ms(who.reported.mean_delay))},
            {"round_trip_ms", rounded(to_ms(who.reported.round_trip))}};
}

json_::object describe(const rooms::Participant& who, TimePoint now) {
    json_::object out{{"id", who.id.value},
                      {"room", who.room_name},
                      {"from", who.from},
                      {"call_id", who.call_id},
                      {"joined", who.joined},
                      {"dialed_out", who.dialed_out},
                      {"seconds", static_cast<std::int64_t>((now - who.since) / std::chrono::seconds(1))},
                      {"muted", who.control.muted},
                      {"deafened", who.control.deafened},
                      {"volume_db", to_db(who.control.gain)}};
    if (who.talking) out["talking"] = *who.talking;
    if (who.joined) out["audio"] = describe_audio(who);
    if (who.mos) out["quality"] = describe_quality(who);
    return out;
}

}  // namespace

Handler OperatorApi::with_participant(
    std::function<HttpResponse(const rooms::Participant&, const Call&)> handler) const {
    return in_room([this, handler = std::move(handler)](const rooms::Room& room, const Call& call) {
        const auto id = parse_number<std::uint64_t>(call.arguments[1], UINT64_MAX);
        const auto* who = id ? focus_.find_participant(room.id, media::ParticipantId{*id}) : nullptr;
        return who ? handler(*who, call) : problem(404, "No such participant is in this room.");
    });
}

void OperatorApi::add_participants() {
    constexpr std::string_view one = "/v1/rooms/{room}/participants/{participant}";
    router_.add({"GET", "/v1/rooms/{room}/participants", Scope::read,
                 in_room([this](const auto& room, const Call&) { return participants(room); })});
    router_.add({"GET", one, Scope::read,
                 with_participant([this](const auto& who, const Call&) { return participant(who); })});
    router_.add({"PATCH", one, Scope::control, with_participant([this](const auto& who, const Call& call) {
                     return change_participant(who, call.request);
                 })});
    router_.add({"DELETE", one, Scope::control,
                 with_participant([this](const auto& who, const Call&) { return remove_participant(who); })});
    router_.add({"POST", "/v1/rooms/{room}/participants/{participant}/refer", Scope::control,
                 with_participant([this](const auto& who, const Call& call) {
                     return refer_participant(who, call.request);
                 })});
}

HttpResponse OperatorApi::participants(const rooms::Room& room) const {
    json_::array list;
    focus_.each_participant(
        room.id, [&](const rooms::Participant& who) { list.push_back(describe(who, host_.now())); });
    return json(json_::serialize(json_::object{{"participants", std::move(list)}}));
}

HttpResponse OperatorApi::participant(const rooms::Participant& who) const {
    return json(json_::serialize(describe(who, host_.now())));
}

HttpResponse OperatorApi::change_participant(const rooms::Participant& who, const HttpRequest& request) {
    RequestBody body(request);
    media::LegControl control = who.control;
    control.muted = body.flag("muted").value_or(control.muted);
    control.deafened = body.flag("deafened").value_or(control.deafened);
    if (const auto db = body.number("volume_db", quietest_db, loudest_db))
        control.gain = static_cast<float>(std::pow(10.0, *db / 20.0));
    if (auto wrong = body.complaint()) return *wrong;
    focus_.control(who.room, who.id, control);
    HttpResponse response = participant(who);  // who may be gone once all is settled
    host_.settle();
    return response;
}

HttpResponse OperatorApi::remove_participant(const rooms::Participant& who) {
    focus_.remove(who.room, who.id, removed_reason, host_.now());
    host_.settle();
    return without_body(204);
}

// He is asked by REFER (RFC 3515) to call somebody else, another room perhaps, and hangs up here once he is
// answered there.
HttpResponse OperatorApi::refer_participant(const rooms::Participant& who, const HttpRequest& request) {
    RequestBody body(request);
    const auto text = body.text("target", 1000);
    body.require(text && !text->empty(), "target");
    const auto target = text ? sip::Uri::parse(*text) : std::nullopt;
    if (auto wrong = body.complaint()) return *wrong;
    if (!target) return problem(400, "target is to be a SIP URI, such as sip:2000@example.com.");
    if (!focus_.refer(who.room, who.id, *target, host_.now()))
        return problem(409, "He cannot be asked now: his call is not up, or he has been asked already.");
    host_.settle();
    return without_body(202);
}

}  // namespace rotunda::api
