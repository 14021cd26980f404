// Any datagram at the SIP port that may be STUN: answered or not, never with more than it asks for.
#include "signaling/stun_keep_alive.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using rotunda::fuzz::require;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view datagram = fuzz::as_text(data, size);
    for (const char* sender : {"192.0.2.9:5060", "[2001:db8::9]:5060"}) {
        const auto answer = answer_stun(datagram, *Endpoint::parse(sender));
        if (!answer) continue;
        require(is_stun(datagram), "only STUN is answered");
        require(is_stun(*answer), "with STUN");
        require(answer->size() <= 128, "in few octets");
        require(!answer_stun(*answer, *Endpoint::parse(sender)), "and an answer is not answered");
    }
    return 0;
}
