// The routes of calls that were: their records, and the SIP messages of each.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "api/operator_api.hpp"
#include "base/text.hpp"

namespace rotunda::api {

namespace json_ = boost::json;

namespace {

constexpr std::size_t most_records = 1000;

std::string_view name_of(sip::Transport transport) {
    constexpr std::string_view names[] = {"udp", "tcp", "tls", "ws", "wss"};
    return names[static_cast<std::size_t>(transport)];
}

json_::object describe(const TracedMessage& message) {
    return {{"time", timestamp(message.at)},
            {"direction", message.inbound ? "in" : "out"},
            {"transport", name_of(message.flow.transport)},
            {"local", message.flow.local.to_string()},
            {"remote", message.flow.remote.to_string()},
            {"text", message.text}};
}

}  // namespace

void OperatorApi::add_calls() {
    router_.add({"GET", "/v1/calls", Scope::read, [this](const Call& call) { return calls(call.request); }});
    router_.add({"GET", "/v1/calls/{call}/messages", Scope::read,
                 [this](const Call& call) { return messages(call.arguments[0]); }});
    router_.add({"GET", "/v1/calls/{call}/pcap", Scope::read,
                 [this](const Call& call) { return capture(call.arguments[0]); }});
}

HttpResponse OperatorApi::calls(const HttpRequest& request) const {
    constexpr std::string_view limit = "limit=";
    std::size_t most = 100;
    if (request.query.starts_with(limit)) {
        const auto asked =
            parse_number<std::size_t>(std::string_view(request.query).substr(limit.size()), most_records);
        if (!asked) return problem(400, "limit is to be a number up to 1000.");
        most = *asked;
    }
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

}  // namespace rotunda::api
