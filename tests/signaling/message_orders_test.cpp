// Random orders of messages, commands and pauses against dialogs and invite sessions.
#include <doctest/doctest.h>

#include "tests/signaling/hostile_conversation.hpp"

using namespace rotunda;
using namespace rotunda::sip;

namespace {

using Script = std::vector<std::uint8_t>;

// Beginnings, in the language of HostileConversation::step(); without one a random script hardly ever gets as
// far as a call.
const Script nothing = {};
const Script incoming_call = {0, 64, 5, 0, 2, 0, 0};  // INVITE, accept, ACK
// INVITE, 183, PRACK, accept, ACK
const Script reliable_call = {0, 192, 13, 0, 1, 17, 0, 1, 5, 0, 2, 0, 0};
const Script outgoing_call = {10, 1, 1, 4, 0, 68};  // call, 200

}  // namespace

TEST_CASE("Ten thousand random orders of a hostile peer's messages break no invariant of a session") {
    SeededRandom random(3262);
    std::size_t confirmed = 0, reliable = 0;
    for (int run = 0; run < 10'000; ++run) {
        CAPTURE(run);
        const Script* beginnings[] = {&nothing, &incoming_call, &reliable_call, &outgoing_call};
        Script script = *beginnings[run % 4];
        for (std::uint32_t left = 30 + random.u32() % 70; left > 0; --left)
            script.push_back(static_cast<std::uint8_t>(random.u32()));
        HostileConversation conversation(script, [](bool holds, const char* what) {
            if (!holds) FAIL_CHECK(what);
        });
        conversation.run();
        confirmed += conversation.confirmed();
        reliable += conversation.reliable();
    }
    // The runs are worth something only if much happened in them.
    CHECK(confirmed > 7'000);
    CHECK(reliable > 2'500);
}
