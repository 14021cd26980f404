// The routes of calls that were: their records, and the SIP messages of each. And captures of calls that are.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "api/operator_api.hpp"
#include "api/pcap.hpp"
#include "api/request_body.hpp"
#include "api/request_query.hpp"

namespace rotunda::api {

namespace json_ = boost::json;

namespace {

constexpr std::size_t most_records = 1000, usual_records = 100;
constexpr std::uint64_t usual_capture_s = 60;
constexpr std::uint64_t longest_capture_s = longest_capture / std::chrono::seconds(1);

std::string_view name_of(sip::Transport transport) {
    constexpr std::string_view names[] = {"udp", "tcp", "tls", "ws", "wss"};
    return names[static_cast<std::size_t>(transport)];
}

json_::object describe(const TracedMessage& message) {
    json_::object out{{"time", timestamp(message.at)},
                      {"direction", message.inbound ? "in" : "out"},
                      {"transport", name_of(message.flow.transport)},
                      {"local", message.flow.local.to_string()},
                      {"remote", message.flow.remote.to_string()},
                      {"text", message.text}};
    if (message.left_out > 0) out["left_out"] = message.left_out;
    return out;
}

}  // namespace

void OperatorApi::add_calls() {
    router_.add({"GET", "/v1/calls", Scope::read, [this](const Call& call) { return calls(call.request); }});
    router_.add({"GET", "/v1/calls/{call}/messages", Scope::read,
                 [this](const Call& call) { return messages(call.arguments[0]); }});
    router_.add({"GET", "/v1/calls/{call}/pcap", Scope::read,
                 [this](const Call& call) { return capture(call.arguments[0]); }});
    // What people say is for who may do everything.
    router_.add({"GET", "/v1/calls/{call}/media.pcap", Scope::control,
                 [this](const Call& call) { return media_capture(call.arguments[0]); }});
    router_.add({"POST", "/v1/rooms/{room}/participants/{participant}/capture", Scope::control,
                 with_participant([this](const auto& who, const Call& call) {
                     return begin_capture(who, call.request);
                 })});
}

HttpResponse OperatorApi::calls(const HttpRequest& request) const {
    RequestQuery query(request);
    const auto most = query.number("limit", most_records).value_or(usual_records);
    if (auto wrong = query.complaint()) return *wrong;
    return json("{\"calls\":" + records_.calls.latest(most) + "}");
}

HttpResponse OperatorApi::messages(const std::string& call) const {
    const auto* messages = records_.trace.find(call);
    if (!messages) return problem(404, "The messages of no such call are kept.");
    json_::array list;
    for (const TracedMessage& message : *messages) list.push_back(describe(message));
    return json(json_::serialize(json_::object{{"messages", std::move(list)}}));
}

HttpResponse OperatorApi::capture(const std::string& call) const {
    const auto* messages = records_.trace.find(call);
    if (!messages) return problem(404, "The messages of no such call are kept.");
    return text(to_pcap(*messages), "application/vnd.tcpdump.pcap");
}

HttpResponse OperatorApi::media_capture(const std::string& call) const {
    const MediaCaptures::Capture* media = records_.captures.find(call);
    if (!media) return problem(404, "Nothing was captured of such a call, or others since.");
    const auto* messages = records_.trace.find(call);
    return text(to_pcap(messages ? *messages : std::vector<TracedMessage>{}, *media, host_.wall_offset()),
                "application/vnd.tcpdump.pcap");
}

HttpResponse OperatorApi::begin_capture(const rooms::Participant& who, const HttpRequest& request) {
    RequestBody body(request);
    const std::uint64_t seconds = body.whole("seconds", 1, longest_capture_s).value_or(usual_capture_s);
    if (auto wrong = body.complaint()) return *wrong;
    if (!focus_.capture(who.room, who.id, std::chrono::seconds(seconds), largest_capture))
        return problem(409, "His call is not up.");
    records_.captures.begin(who.call_id, {who.local.address, who.local.audio_port},
                            {who.local.address, who.local.video_port});
    host_.settle();
    return without_body(202);
}

}  // namespace rotunda::api
