#include <doctest/doctest.h>

#include "signaling/non_invite_client_transaction.hpp"
#include "signaling/non_invite_server_transaction.hpp"
#include "transaction_timeline.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace rotunda::sip::test;

namespace {

NonInviteClientTransaction trying_client(bool reliable) {
    NonInviteClientTransaction client(TimerSettings{}, reliable);
    CHECK(actions_of(0, [&](auto& out) { client.start("BYE", at_ms(0), out); }) == Timeline{"0 BYE"});
    return client;
}

Timeline response(NonInviteClientTransaction& client, std::int64_t ms, int status) {
    return actions_of(ms, [&](auto& out) { client.receive_response(status, at_ms(ms), out); });
}

NonInviteServerTransaction trying_server(bool reliable) {
    NonInviteServerTransaction server(TimerSettings{}, reliable);
    server.start("100", at_ms(0));
    return server;
}

Timeline respond(NonInviteServerTransaction& server, std::int64_t ms, int status) {
    return actions_of(ms, [&](auto& out) { server.respond(status, std::to_string(status), at_ms(ms), out); });
}

Timeline again(NonInviteServerTransaction& server, std::int64_t ms) {
    return actions_of(ms, [&](auto& out) { server.receive_retransmission(out); });
}

}  // namespace

// --- client

TEST_CASE("Timer E doubles up to T2 and Timer F ends an unanswered request after 64*T1 over UDP") {
    auto client = trying_client(false);
    CHECK(run(client, 60'000) == Timeline{"500 BYE", "1500 BYE", "3500 BYE", "7500 BYE", "11500 BYE",
                                          "15500 BYE", "19500 BYE", "23500 BYE", "27500 BYE", "31500 BYE",
                                          "32000 (timeout)", "32000 (end)"});
}

TEST_CASE("over TCP there is no Timer E, and Timer F still ends an unanswered request") {
    auto client = trying_client(true);
    CHECK(run(client, 60'000) == Timeline{"32000 (timeout)", "32000 (end)"});
}

TEST_CASE("after a provisional response Timer E runs out as it was, then fires every T2") {
    auto client = trying_client(false);
    CHECK(run(client, 600) == Timeline{"500 BYE"});
    CHECK(response(client, 700, 100) == Timeline{"700 (deliver)"});
    CHECK(run(client, 10'000) == Timeline{"1500 BYE", "5500 BYE", "9500 BYE"});
    CHECK(run(client, 60'000).back() == "32000 (end)");
}

TEST_CASE("over UDP Timer K absorbs further responses for T4") {
    auto client = trying_client(false);
    CHECK(response(client, 100, 200) == Timeline{"100 (deliver)"});
    CHECK(response(client, 200, 200) == Timeline{});
    CHECK(response(client, 300, 100) == Timeline{});
    CHECK(run(client, 60'000) == Timeline{"5100 (end)"});
}

TEST_CASE("over TCP Timer K is zero: the final response ends the transaction") {
    auto client = trying_client(true);
    CHECK(response(client, 50, 100) == Timeline{"50 (deliver)"});
    CHECK(response(client, 100, 404) == Timeline{"100 (deliver)"});
    CHECK(client.terminated());
}

TEST_CASE("a transport error ends a non-INVITE client transaction that still waits") {
    for (int status : {0, 100}) {
        auto client = trying_client(true);
        if (status) response(client, 10, status);
        CHECK(actions_of(20, [&](auto& out) { client.on_transport_error(out); }) ==
              Timeline{"20 (transport error)"});
        CHECK(client.terminated());
    }
    auto client = trying_client(false);
    response(client, 10, 200);
    CHECK(actions_of(20, [&](auto& out) { client.on_transport_error(out); }) == Timeline{});
    CHECK(!client.terminated());
}

// --- server

TEST_CASE("over UDP Timer J keeps the final response for 64*T1 and repeats it for each retransmission") {
    auto server = trying_server(false);
    CHECK(again(server, 50) == Timeline{});
    CHECK(respond(server, 100, 200) == Timeline{"100 200"});
    CHECK(again(server, 500) == Timeline{"500 200"});
    CHECK(again(server, 31'000) == Timeline{"31000 200"});
    CHECK(respond(server, 31'100, 404) == Timeline{});
    CHECK(run(server, 60'000) == Timeline{"32100 (end)"});
}

TEST_CASE("over TCP Timer J is zero: the final response ends the transaction") {
    auto server = trying_server(true);
    CHECK(respond(server, 100, 200) == Timeline{"100 200"});
    CHECK(server.terminated());
}

TEST_CASE("a slow answer is announced by one 100 when the client's Timer E has reached T2 (RFC 4320)") {
    for (bool reliable : {false, true}) {
        auto server = trying_server(reliable);
        CHECK(run(server, 20'000) == Timeline{"3500 100"});
        CHECK(again(server, 7'500) == Timeline{"7500 100"});
        CHECK(respond(server, 8'000, 200) == Timeline{"8000 200"});
    }
}

TEST_CASE("the user cannot send a provisional response or a 408 to a non-INVITE request (RFC 4320)") {
    auto server = trying_server(false);
    CHECK(respond(server, 10, 100) == Timeline{});
    CHECK(respond(server, 20, 183) == Timeline{});
    CHECK(!server.terminated());
    CHECK(respond(server, 30, 408) == Timeline{});
    CHECK(server.terminated());
}

TEST_CASE("a request never answered ends in silence after 64*T1, when the client has given up (RFC 4320)") {
    auto server = trying_server(false);
    CHECK(run(server, 60'000) == Timeline{"3500 100", "32000 (timeout)", "32000 (end)"});
    CHECK(respond(server, 33'000, 200) == Timeline{});
}

TEST_CASE(
    "a response that cannot be sent is told, and the non-INVITE server transaction stays in its state") {
    auto server = trying_server(false);
    respond(server, 0, 200);
    CHECK(actions_of(1, [&](auto& out) { server.on_transport_error(out); }) ==
          Timeline{"1 (transport error)"});
    CHECK(again(server, 500) == Timeline{"500 200"});
}
