// Any datagram: the parser stands it, what it accepts is written and read back the same, what is to be
// answered can be.
#include "signaling/multipart.hpp"
#include "signaling/parser.hpp"
#include "signaling/writer.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using rotunda::fuzz::require;

namespace {

// Full names and one value per line make a message longer than it came.
constexpr ParseLimits wide{.message = 1 << 20, .headers = 1024, .header_length = 1 << 16, .vias = 1024};

void read_everything(const SipMessage& message) {
    for (int i = 0; i <= static_cast<int>(HeaderId::other); ++i) message.values(static_cast<HeaderId>(i));
    for (const Via& via : message.vias()) require(Via::parse(via.to_string()) == via, "a Via reads back");
    for (HeaderId id : {HeaderId::contact, HeaderId::route, HeaderId::record_route, HeaderId::refer_to}) {
        for (const NameAddr& address : message.name_addrs(id)) {
            require(NameAddr::parse(address.to_string()) == address, "an address reads back");
            require(equivalent(address.uri, address.uri), "a URI is equivalent to itself");
            address.uri.user();
        }
    }
    message.max_forwards();
    message.expires();
    message.retry_after();
    message.content_disposition();
    message.accept();
    message.warnings();
    (void)find_session_description(message);
}

void check_round_trip(const SipMessage& message) {
    const ParsedMessage again = parse_message(to_wire(message), wide);
    require(again.ok(), "what was accepted is accepted when written");
    require(again.message == message, "what was accepted is read back the same");
}

void check_answer(const ParsedMessage& parsed) {
    require(parsed.message.is_request(), "only requests are answered");
    require(!(parsed.message.method() == Method::ack), "an ACK is never answered");
    const SipMessage response = SipMessage::response_to(parsed.message, parsed.status, parsed.phrase);
    const ParsedMessage back = parse_message(to_wire(response), wide);
    require(back.reason != ParseReason::control_octet, "nothing is smuggled into the answer");
    require(back.message.status() == parsed.status, "the answer has its status");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ParsedMessage parsed = parse_message(fuzz::as_text(data, size));
    require(parsed.ok() == (parsed.reason == ParseReason::none), "a refusal has a reason");
    read_everything(parsed.message);
    if (parsed.ok()) check_round_trip(parsed.message);
    if (parsed.verdict == ParseVerdict::answer) check_answer(parsed);
    return 0;
}
