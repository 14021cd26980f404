// Anybody's datagrams at a port where ICE is agreed: without the password nothing is proven or selected, and
// never more than three times the bytes go back.
#include "rtp/ice_lite.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::rtp;
using rotunda::fuzz::require;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes datagram(data, size);
    const TimePoint now = TimePoint{} + std::chrono::seconds(1000);
    const Endpoint source = *Endpoint::parse("192.0.2.1:4000");
    IceLite ice;
    ice.configure({{"evtj", "a-password-nobody-guesses-here"}, {"h6vY", "another-password-of-theirs"}});
    const Bytes response = ice.handle(datagram, source, now);
    require(response.size() <= 3 * size, "nobody is flooded through us");
    require(!ice.selected(now) && !ice.is_proven(source), "nobody guesses the password");
    if (!response.empty()) {
        const auto read = StunMessage::parse(response);
        require(read && read->has_valid_fingerprint(), "what we write can be read");
        require(read->type() == stun_binding_error, "a stranger is refused");
    }
    if (const auto message = StunMessage::parse(datagram)) {
        (void)message->mapped_address();
        (void)message->is_authentic("VOkJxbRl1RmTxUk/WvJxBt");
    }
    return 0;
}
