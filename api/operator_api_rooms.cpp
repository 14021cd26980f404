// The routes of rooms, and of calls made into them.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "api/operator_api.hpp"
#include "api/request_body.hpp"
#include "base/text.hpp"

namespace rotunda::api {

namespace json_ = boost::json;

namespace {

constexpr std::string_view ended_reason = "SIP;cause=410;text=\"The room was closed by the operator\"";
constexpr std::size_t longest_message = 8192;
constexpr std::uint64_t most_participants = 1'000'000;
constexpr std::uint64_t largest_id = 1'000'000'000'000'000;

json_::object describe(const rooms::Room& room, const rooms::Focus& focus) {
    json_::object out{{"name", room.name},
                      {"participants", room.participants},
                      {"max_participants", room.max_participants},
                      {"locked", room.locked},
                      {"held", room.held},
                      {"automatic_gain", room.media.automatic_gain},
                      {"noise_suppression", room.media.noise_suppression},
                      {"worker", room.shards.front().worker},
                      {"shards", room.shards.size()}};
    if (!focus.has_video()) return out;
    const rooms::VideoDesk::Shown shown = focus.video().shown(room.id);
    out["layout"] = to_string(shown.layout);
    if (shown.spotlight) out["spotlight"] = shown.spotlight.value;
    return out;
}

// What is shown in a room: none, as it was.
struct PictureChange {
    std::optional<mixer::LayoutKind> layout;
    std::optional<media::ParticipantId> spotlight;  // 0: whoever speaks
    bool any() const { return layout || spotlight; }
};

PictureChange read_picture(RequestBody& body) {
    PictureChange change;
    change.layout = body.layout("layout");
    if (const auto who = body.whole("spotlight", 0, largest_id))
        change.spotlight = media::ParticipantId{*who};
    return change;
}

rooms::RoomChange read_change(RequestBody& body) {
    rooms::RoomChange change;
    change.locked = body.flag("locked");
    change.max_participants = body.whole("max_participants", 1, most_participants);
    change.sound.automatic_gain = body.flag("automatic_gain");
    change.sound.noise_suppression = body.flag("noise_suppression");
    return change;
}

}  // namespace

Handler OperatorApi::in_room(std::function<HttpResponse(const rooms::Room&, const Call&)> handler) const {
    return [this, handler = std::move(handler)](const Call& call) {
        const rooms::Room* room = focus_.find_room(call.arguments[0]);
        return room ? handler(*room, call) : problem(404, "No such room is open.");
    };
}

void OperatorApi::add_rooms() {
    const auto control = Scope::control;
    router_.add({"GET", "/v1/rooms", Scope::read, [this](const Call&) { return rooms(); }});
    router_.add({"POST", "/v1/rooms", control, [this](const Call& call) { return open_room(call.request); }});
    router_.add({"GET", "/v1/rooms/{room}", Scope::read,
                 in_room([this](const auto& found, const Call&) { return room(found); })});
    router_.add({"PATCH", "/v1/rooms/{room}", control, in_room([this](const auto& found, const Call& call) {
                     return change_room(found, call.request);
                 })});
    router_.add({"DELETE", "/v1/rooms/{room}", control,
                 in_room([this](const auto& found, const Call&) { return end_room(found); })});
    router_.add(
        {"POST", "/v1/rooms/{room}/message", control,
         in_room([this](const auto& found, const Call& call) { return announce(found, call.request); })});
}

void OperatorApi::add_dials() {
    router_.add({"POST", "/v1/rooms/{room}/dial", Scope::control,
                 [this](const Call& call) { return dial(call.arguments[0], call.request); }});
    router_.add({"DELETE", "/v1/dials/{dial}", Scope::control,
                 [this](const Call& call) { return cancel_dial(call.arguments[0]); }});
}

HttpResponse OperatorApi::rooms() const {
    json_::array list;
    focus_.each_room([&](const rooms::Room& room) { list.push_back(describe(room, focus_)); });
    return json(json_::serialize(json_::object{{"rooms", std::move(list)}}));
}

HttpResponse OperatorApi::room(const rooms::Room& room) const {
    return json(json_::serialize(describe(room, focus_)));
}

HttpResponse OperatorApi::open_room(const HttpRequest& request) {
    RequestBody body(request);
    const auto name = body.text("name");
    body.require(name && !name->empty(), "name");
    const rooms::RoomChange change = read_change(body);
    if (auto wrong = body.complaint()) return *wrong;
    const bool is_open = focus_.find_room(*name) != nullptr;
    const auto opened = focus_.open_room(*name, change);
    if (!opened)
        return is_open ? problem(409, "A room of this name is open: change it with PATCH.")
                       : problem(503, "As many rooms are open as may be (rooms.max).");
    HttpResponse response = json(json_::serialize(describe(**opened, focus_)), 201);
    host_.settle();
    return response;
}

HttpResponse OperatorApi::change_room(const rooms::Room& room, const HttpRequest& request) {
    RequestBody body(request);
    const rooms::RoomChange change = read_change(body);
    const PictureChange picture = read_picture(body);
    if (auto wrong = body.complaint()) return *wrong;
    if (picture.any() && !focus_.has_video()) return problem(409, no_video);
    if (picture.spotlight && *picture.spotlight && !focus_.find_participant(room.id, *picture.spotlight))
        return problem(409, "spotlight is to be somebody in this room, or 0.");
    if (picture.layout) focus_.video().set_layout(room.id, *picture.layout);
    if (picture.spotlight) focus_.video().set_spotlight(room.id, *picture.spotlight);
    focus_.change_room(room.id, change);  // which tells of the picture, too
    HttpResponse response = json(json_::serialize(describe(room, focus_)));
    host_.settle();
    return response;
}

HttpResponse OperatorApi::end_room(const rooms::Room& room) {
    focus_.end_room(room.id, ended_reason, host_.now());
    host_.settle();
    return without_body(204);
}

HttpResponse OperatorApi::announce(const rooms::Room& room, const HttpRequest& request) {
    RequestBody body(request);
    const auto said = body.text("text", longest_message);
    body.require(said && !said->empty(), "text");
    if (auto wrong = body.complaint()) return *wrong;
    const std::size_t copies = focus_.announce(room.id, *said, host_.now());
    host_.settle();
    return json(json_::serialize(json_::object{{"copies", copies}}), 202);
}

// What becomes of it comes as events: dial.answered or dial.failed with this number.
HttpResponse OperatorApi::dial(const std::string& room, const HttpRequest& request) {
    RequestBody body(request);
    const auto text = body.text("target", 1000);
    body.require(text && !text->empty(), "target");
    const auto target = text ? sip::Uri::parse(*text) : std::nullopt;
    if (auto wrong = body.complaint()) return *wrong;
    if (!target) return problem(400, "target is to be a SIP or tel URI, such as sip:alice@example.com.");
    const rooms::DialId dial = focus_.dial(room, *target, {}, host_.now());
    host_.settle();
    return json(json_::serialize(json_::object{{"dial", dial.value}}), 202);
}

HttpResponse OperatorApi::cancel_dial(const std::string& id) {
    const auto number = parse_number<std::uint64_t>(id, UINT64_MAX);
    if (!number || !focus_.is_ringing(rooms::DialId{*number}))
        return problem(404, "No such call is ringing.");
    focus_.cancel_dial(rooms::DialId{*number}, host_.now());
    host_.settle();
    return without_body(204);
}

}  // namespace rotunda::api
