// The routes of who is in a room.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

#include "api/operator_api.hpp"
#include "api/request_body.hpp"
#include "base/text.hpp"
#include "rooms/audio_leg.hpp"

namespace rotunda::api {

namespace json_ = boost::json;

namespace {

constexpr std::string_view removed_reason = "SIP;cause=410;text=\"Removed by the operator\"";
constexpr double quietest_db = -40, loudest_db = 12;
// What was measured longer ago says nothing of now.
constexpr Duration level_lasts = std::chrono::seconds(10);
constexpr std::size_t most_digits = 64;

HttpResponse moved_in_vain(rooms::MoveRefusal why) {
    using enum rooms::MoveRefusal;
    switch (why) {
        case no_such_room:
            return problem(409, "No room of that name is open or may be opened.");
        case full:
            return problem(409, "That room is full, or as many rooms are open as may be.");
        case locked:
            return problem(409, "That room is locked.");
        case not_encrypted:
            return problem(409, "That room demands encryption, which his call does not have.");
        case already_there:
            return problem(409, "He is in that room.");
        case not_here:
        case busy:
            break;
    }
    return problem(409, "He cannot be moved now: his call is not up, or he is on his way elsewhere.");
}

double to_db(float gain) {
    return std::round(200.0 * std::log10(static_cast<double>(gain))) / 10.0;
}

json_::object describe_audio(const rooms::Participant& who) {
    return {{"codec", encoding_name(who.leg.send.codec)},
            {"ptime_ms", who.leg.send.ptime_ms},
            {"direction", rooms::direction_name(who.leg)},
            {"on_hold", who.leg.on_hold}};
}

json_::object describe_video(const rooms::Participant& who, const rooms::VideoDesk& video) {
    const auto layout = video.own_layout(who);
    return {{"codec", encoding_name(who.video.leg.codec)},
            {"on_hold", who.video.leg.on_hold},
            {"layout", to_string(layout.value_or(video.shown(who.room).layout))}};
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

json_::object describe(const rooms::Participant& who, const rooms::Focus& focus, TimePoint now) {
    json_::object out{{"id", who.id.value},
                      {"room", who.room_name},
                      {"from", who.from},
                      {"call_id", who.call_id},
                      {"joined", who.joined},
                      {"dialed_out", who.dialed_out},
                      {"seconds", static_cast<std::int64_t>((now - who.since) / std::chrono::seconds(1))},
                      {"muted", who.control.muted},
                      {"deafened", who.control.deafened},
                      {"volume_db", to_db(who.control.gain)},
                      {"noise_suppression", focus.suppresses_noise(who)},
                      {"video_allowed", who.local.video}};
    if (who.video.joined) out["video"] = describe_video(who, focus.video());
    if (who.level_at != TimePoint{} && now - who.level_at < level_lasts)
        out["level_dbov"] = rounded(static_cast<double>(who.level_dbov));
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
    router_.add({"POST", "/v1/rooms/{room}/participants/{participant}/move", Scope::control,
                 with_participant([this](const auto& who, const Call& call) {
                     return move_participant(who, call.request);
                 })});
    router_.add({"POST", "/v1/rooms/{room}/participants/{participant}/digits", Scope::control,
                 with_participant(
                     [this](const auto& who, const Call& call) { return send_digits(who, call.request); })});
}

HttpResponse OperatorApi::participants(const rooms::Room& room) {
    json_::array list;
    focus_.each_participant(
        room.id, [&](const rooms::Participant& who) { list.push_back(describe(who, focus_, host_.now())); });
    // Measured for whoever looks again.
    focus_.measure_levels(room.id);
    host_.settle();
    return json(json_::serialize(json_::object{{"participants", std::move(list)}}));
}

HttpResponse OperatorApi::participant(const rooms::Participant& who) const {
    return json(json_::serialize(describe(who, focus_, host_.now())));
}

HttpResponse OperatorApi::change_participant(const rooms::Participant& who, const HttpRequest& request) {
    RequestBody body(request);
    media::LegControl control = who.control;
    control.muted = body.flag("muted").value_or(control.muted);
    control.deafened = body.flag("deafened").value_or(control.deafened);
    if (const auto db = body.number("volume_db", quietest_db, loudest_db))
        control.gain = static_cast<float>(std::pow(10.0, *db / 20.0));
    if (const auto wanted = body.flag_or_null("noise_suppression")) control.noise_suppression = *wanted;
    const auto layout = body.layout("layout");
    const auto video = body.flag("video");
    if (auto wrong = body.complaint()) return *wrong;
    if ((layout || video) && !focus_.has_video()) return problem(409, no_video);
    if (video && !focus_.allow_video(who.room, who.id, *video, host_.now()))
        return problem(409, "His video cannot be changed now: his call is not up, or just being changed.");
    focus_.control(who.room, who.id, control);
    if (layout) focus_.set_layout(who, *layout);
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

HttpResponse OperatorApi::move_participant(const rooms::Participant& who, const HttpRequest& request) {
    RequestBody body(request);
    const auto to = body.text("room");
    body.require(to && !to->empty(), "room");
    if (auto wrong = body.complaint()) return *wrong;
    const auto moved = focus_.move(who.room, who.id, *to, host_.now());
    if (!moved) return moved_in_vain(moved.error());
    HttpResponse response = participant(who);  // who may be gone once all is settled
    host_.settle();
    return response;
}

HttpResponse OperatorApi::send_digits(const rooms::Participant& who, const HttpRequest& request) {
    RequestBody body(request);
    const auto digits = body.text("digits", most_digits);
    body.require(digits && !digits->empty(), "digits");
    if (auto wrong = body.complaint()) return *wrong;
    if (digits->find_first_not_of("0123456789*#ABCD") != digits->npos)
        return problem(400, "digits is to be made of 0-9 * # A-D.");
    if (!focus_.send_digits(who.room, who.id, *digits, host_.now()))
        return problem(409, "He is sent nothing now: his call is not up, or on hold.");
    host_.settle();
    return without_body(202);
}

}  // namespace rotunda::api
