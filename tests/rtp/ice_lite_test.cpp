// ICE-lite: who is answered how, what nomination and consent mean.
#include "rtp/ice_lite.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

using namespace rotunda;
using namespace rotunda::rtp;
using namespace std::chrono_literals;

namespace {

using Octets = std::vector<std::uint8_t>;

const Octets cookie_and_id = {0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
const IcePair pair{{"ours1234", "our-password-of-26-letters"}, {"theirs12", "their-password-26-letters"}};
const Endpoint here = *Endpoint::parse("192.0.2.10:4000");
const Endpoint there = *Endpoint::parse("[2001:db8::10]:5000");
constexpr TimePoint start = TimePoint{} + 1000s;

struct Check {
    std::string username = "ours1234:theirs12";
    std::string password = pair.ours.password;
    bool nominates = false;
    bool controls = true;
    bool unknown = false;
};

Octets make(const Check& check) {
    StunWriter writer(stun_binding_request, cookie_and_id);
    if (!check.username.empty()) writer.username(check.username);
    writer.controlling(check.controls, 7);
    if (check.nominates) writer.use_candidate();
    if (check.unknown) writer.attribute(0x007f, {});
    const Bytes made = writer.finish(check.password);
    return {made.begin(), made.end()};
}

struct Agent : IceLite {
    Agent() { configure(pair); }
};

// The response's type, and the error's code if it has one.
int status(Bytes response) {
    const auto message = StunMessage::parse(response);
    REQUIRE(message);
    CHECK(message->has_valid_fingerprint());
    if (message->type() == stun_binding_success) return 200;
    REQUIRE(message->type() == stun_binding_error);
    return response[26] * 100 + response[27];
}

}  // namespace

TEST_CASE("a right check is answered with the address it came from, signed") {
    Agent ice;
    for (const Endpoint& source : {here, there}) {
        const Octets request = make({});
        const Bytes response = ice.handle(request, source, start);
        CHECK(status(response) == 200);
        const auto message = StunMessage::parse(response);
        CHECK(message->mapped_address() == source);
        CHECK(message->is_authentic(pair.ours.password));
        CHECK(response.size() <= 3 * request.size());
        CHECK(ice.is_proven(source));
    }
    CHECK(!ice.selected(start));
    CHECK(ice.refused() == 0);
}

TEST_CASE("what the peer nominates is selected, and what he nominates later instead of it") {
    Agent ice;
    ice.handle(make({}), there, start);
    ice.handle(make({.nominates = true}), here, start);
    CHECK(ice.selected(start) == here);
    ice.handle(make({.nominates = true}), there, start + 1s);
    CHECK(ice.selected(start + 1s) == there);
}

TEST_CASE("consent: thirty seconds after the last check nothing is sent any more, until he checks again") {
    Agent ice;
    ice.handle(make({.nominates = true}), here, start);
    ice.handle(make({}), here, start + 20s);
    ice.handle(make({}), there, start + 40s);  // another pair says nothing of this one
    CHECK(ice.selected(start + 49s) == here);
    CHECK(!ice.selected(start + 51s));
    ice.handle(make({}), here, start + 60s);
    CHECK(ice.selected(start + 61s) == here);
}

TEST_CASE("strangers are refused and prove nothing") {
    Agent ice;
    CHECK(status(ice.handle(make({.password = ""}), here, start)) == 400);
    CHECK(status(ice.handle(make({.username = ""}), here, start)) == 400);
    CHECK(status(ice.handle(make({.password = "another password of 26 ltrs", .nominates = true}), here,
                            start)) == 401);
    CHECK(status(ice.handle(make({.username = "ours123:theirs12"}), here, start)) == 401);
    CHECK(status(ice.handle(make({.username = "ours1234"}), here, start)) == 401);
    CHECK(ice.refused() == 5);
    CHECK(!ice.is_proven(here));
    CHECK(!ice.selected(start));
}

TEST_CASE("a role conflict is the other one's to solve: 487") {
    Agent ice;
    CHECK(status(ice.handle(make({.nominates = true, .controls = false}), here, start)) == 487);
    CHECK(!ice.selected(start));
}

TEST_CASE("no answer to what is no check: responses, indications, no FINGERPRINT, junk") {
    Agent ice;
    const Octets request = make({});
    Octets without(request.begin(), request.end() - 8);
    without[3] = static_cast<std::uint8_t>(without.size() - 20);
    CHECK(ice.handle(without, here, start).empty());
    StunWriter response(stun_binding_success, cookie_and_id);
    CHECK(ice.handle(response.finish(pair.ours.password), here, start).empty());
    StunWriter indication(0x0011, cookie_and_id);
    CHECK(ice.handle(indication.finish({}), here, start).empty());
    CHECK(ice.handle(Octets(3), here, start).empty());
}

TEST_CASE("an attribute that must be understood and is not: 420") {
    Agent ice;
    const Bytes response = ice.handle(make({.nominates = true, .unknown = true}), here, start);
    CHECK(status(response) == 420);
    CHECK(!ice.selected(start));
    // ERROR-CODE's 4 octets and phrase, then UNKNOWN-ATTRIBUTES names it.
    const std::string text(response.begin(), response.end());
    CHECK(text.find(std::string("\x00\x0a\x00\x02\x00\x7f", 6)) != text.npos);
}

TEST_CASE("an ICE restart: the old password is good no more, what was selected stays until the next") {
    Agent ice;
    ice.handle(make({.nominates = true}), here, start);
    IcePair next = pair;
    next.ours = {"next1234", "our-next-password-of-26-lt"};
    ice.configure(next);
    CHECK(ice.selected(start) == here);
    CHECK(!ice.is_proven(here));
    CHECK(status(ice.handle(make({}), here, start)) == 401);
    CHECK(status(ice.handle(
              make({.username = "next1234:theirs12", .password = next.ours.password, .nominates = true}),
              there, start)) == 200);
    CHECK(ice.selected(start) == there);
}

TEST_CASE("more pairs than anybody has: the oldest is forgotten") {
    Agent ice;
    for (std::uint16_t port = 1; port <= 40; ++port) ice.handle(make({}), {here.address, port}, start);
    CHECK(!ice.is_proven({here.address, 1}));
    CHECK(ice.is_proven({here.address, 40}));
}
