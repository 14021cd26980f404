// A conversation of the user agent with a hostile peer: the input is its script.
#include "tests/fuzz/fuzz.hpp"
#include "tests/signaling/hostile_conversation.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    rotunda::sip::HostileConversation(rotunda::Bytes(data, size), rotunda::fuzz::require).run();
    return 0;
}
