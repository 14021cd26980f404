#include "signaling/stateless_response.hpp"

#include <charconv>
#include <functional>
#include <string>
#include <string_view>

#include "signaling/response_route.hpp"
#include "signaling/writer.hpp"

namespace rotunda::sip {

namespace {

std::string repeatable_tag(const SipMessage& response) {
    std::string origin(response.call_id());
    origin += response.top_via().branch();
    origin += std::to_string(response.cseq().number);
    char digits[16];
    const auto end =
        std::to_chars(digits, digits + sizeof digits, std::hash<std::string_view>{}(origin), 16).ptr;
    return {digits, end};
}

}  // namespace

OutgoingMessage stateless_response(SipMessage response, const Flow& flow) {
    Via via = response.top_via();
    if (note_source(via, flow)) response.replace_top_via(via);
    if (response.status() > 100 && response.to_tag().empty()) response.set_to_tag(repeatable_tag(response));
    return {response_flow(via, flow), to_wire(response)};
}

}  // namespace rotunda::sip
