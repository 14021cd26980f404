#include "accounts/authority.hpp"

#include "tests/accounts/account_bench.hpp"

namespace rotunda::accounts {
namespace {

using sip::HeaderId;
using sip::Identity;

TEST_CASE("Replaces and Join are for the party itself and for trunks") {
    const Identity alice = Identity::user("alice", "example.com"), bob = Identity::user("bob", "example.com");
    CHECK(may_take_over(alice, alice));
    CHECK_FALSE(may_take_over(alice, bob));
    CHECK_FALSE(may_take_over(Identity::user("alice", "elsewhere"), alice));
    CHECK(may_take_over(Identity::trunk("carrier"), bob));
    CHECK_FALSE(may_take_over({}, {}));
}

TEST_CASE("only owner and moderators remove somebody from a room") {
    const RoomAuthority room{"alice", {"bob"}};
    CHECK(may_moderate(Identity::user("alice", "r"), room));
    CHECK(may_moderate(Identity::user("bob", "r"), room));
    CHECK_FALSE(may_moderate(Identity::user("carol", "r"), room));
    CHECK_FALSE(may_moderate(Identity::trunk("alice"), room));
    CHECK_FALSE(may_moderate({}, room));
    CHECK_FALSE(may_moderate(Identity::user("", "r"), {}));
}

TEST_CASE("P-Asserted-Identity is shown for trunks only, and not against the caller's wish") {
    auto message = AccountBench::request(sip::Method::invite, "sip:1000@example.com",
                                         "\"Mallory\" <sip:m@elsewhere.org>;tag=1");
    message.add(HeaderId::p_asserted_identity, "\"Alice\" <sip:alice@example.com>");
    CHECK_FALSE(asserted_caller(message, {}));
    CHECK_FALSE(asserted_caller(message, Identity::user("m", "r")));
    REQUIRE(asserted_caller(message, Identity::trunk("carrier")));
    CHECK(asserted_caller(message, Identity::trunk("carrier"))->display_name == "Alice");
    message.add(HeaderId::privacy, "session; id");
    CHECK_FALSE(asserted_caller(message, Identity::trunk("carrier")));
}

}  // namespace
}  // namespace rotunda::accounts
