#include <doctest/doctest.h>

#include "signaling/invite_client_transaction.hpp"
#include "signaling/invite_server_transaction.hpp"
#include "transaction_timeline.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace rotunda::sip::test;

namespace {

InviteClientTransaction calling(bool reliable) {
    InviteClientTransaction client(TimerSettings{}, reliable);
    CHECK(actions_of(0, [&](auto& out) { client.start("INVITE", at_ms(0), out); }) == Timeline{"0 INVITE"});
    return client;
}

Timeline response(InviteClientTransaction& client, std::int64_t ms, int status) {
    return actions_of(ms, [&](auto& out) { client.receive_response(status, "ACK", at_ms(ms), out); });
}

InviteServerTransaction proceeding(bool reliable) {
    InviteServerTransaction server(TimerSettings{}, reliable);
    server.start("100", at_ms(0));
    return server;
}

Timeline respond(InviteServerTransaction& server, std::int64_t ms, int status) {
    return actions_of(ms, [&](auto& out) { server.respond(status, std::to_string(status), at_ms(ms), out); });
}

Timeline invite_again(InviteServerTransaction& server, std::int64_t ms) {
    return actions_of(ms, [&](auto& out) { server.receive_retransmission(out); });
}

Timeline ack(InviteServerTransaction& server, std::int64_t ms) {
    return actions_of(ms, [&](auto& out) { server.receive_ack(at_ms(ms), out); });
}

}  // namespace

// --- client

TEST_CASE("Timer A doubles without a limit and Timer B ends an unanswered INVITE after 64*T1 over UDP") {
    auto client = calling(false);
    CHECK(run(client, 60'000) == Timeline{"500 INVITE", "1500 INVITE", "3500 INVITE", "7500 INVITE",
                                          "15500 INVITE", "31500 INVITE", "32000 (timeout)", "32000 (end)"});
}

TEST_CASE("over TCP there is no Timer A, and Timer B still ends an unanswered INVITE") {
    auto client = calling(true);
    CHECK(run(client, 60'000) == Timeline{"32000 (timeout)", "32000 (end)"});
}

TEST_CASE("a smaller T1 scales Timers A and B alike") {
    InviteClientTransaction client({.t1 = std::chrono::milliseconds(10)}, false);
    actions_of(0, [&](auto& out) { client.start("INVITE", at_ms(0), out); });
    CHECK(run(client, 60'000) == Timeline{"10 INVITE", "30 INVITE", "70 INVITE", "150 INVITE", "310 INVITE",
                                          "630 INVITE", "640 (timeout)", "640 (end)"});
}

TEST_CASE("a provisional response stops Timers A and B for good") {
    for (bool reliable : {false, true}) {
        auto client = calling(reliable);
        CHECK(response(client, 300, 100) == Timeline{"300 (deliver)"});
        CHECK(response(client, 310, 180) == Timeline{"310 (deliver)"});
        CHECK(client.state() == InviteClientTransaction::State::proceeding);
        CHECK(!client.next_timeout());
    }
}

TEST_CASE("over UDP Timer D keeps a refused INVITE for 32 s, acknowledging each copy and passing up none") {
    auto client = calling(false);
    CHECK(response(client, 100, 486) == Timeline{"100 (deliver)", "100 ACK"});
    CHECK(response(client, 600, 486) == Timeline{"600 ACK"});
    CHECK(response(client, 700, 200) == Timeline{});
    CHECK(response(client, 700, 180) == Timeline{});
    CHECK(run(client, 60'000) == Timeline{"32100 (end)"});
}

TEST_CASE("over TCP Timer D is zero: a refused INVITE is acknowledged and gone") {
    auto client = calling(true);
    response(client, 50, 180);
    CHECK(response(client, 100, 486) == Timeline{"100 (deliver)", "100 ACK"});
    CHECK(client.terminated());
    CHECK(!client.next_timeout());
}

TEST_CASE("Timer M keeps an accepted INVITE for 64*T1 on every transport and passes every 2xx up") {
    for (bool reliable : {false, true}) {
        auto client = calling(reliable);
        CHECK(response(client, 100, 200) == Timeline{"100 (deliver)"});
        CHECK(response(client, 600, 200) == Timeline{"600 (deliver)"});
        CHECK(response(client, 700, 486) == Timeline{});
        CHECK(response(client, 700, 180) == Timeline{});
        CHECK(client.state() == InviteClientTransaction::State::accepted);
        CHECK(run(client, 60'000) == Timeline{"32100 (end)"});
    }
}

TEST_CASE("a canceled INVITE without a final response ends 64*T1 after the CANCEL") {
    auto client = calling(false);
    client.cancel_sent(at_ms(10));
    CHECK(client.next_timeout() == at_ms(500));
    response(client, 100, 180);
    client.cancel_sent(at_ms(5'000));
    CHECK(run(client, 60'000) == Timeline{"37000 (timeout)", "37000 (end)"});
}

TEST_CASE("a transport error ends an INVITE client transaction, except one that is accepted") {
    for (int status : {0, 180, 486}) {
        auto client = calling(false);
        if (status) response(client, 10, status);
        CHECK(actions_of(20, [&](auto& out) { client.on_transport_error(out); }) ==
              Timeline{"20 (transport error)"});
        CHECK(client.terminated());
        CHECK(actions_of(30, [&](auto& out) { client.on_transport_error(out); }) == Timeline{});
        CHECK(response(client, 40, 200) == Timeline{});
    }
    auto client = calling(false);
    response(client, 10, 200);
    CHECK(actions_of(20, [&](auto& out) { client.on_transport_error(out); }) == Timeline{});
    CHECK(!client.terminated());
}

TEST_CASE("a late wake-up makes one retransmission, not all that were missed") {
    auto client = calling(false);
    CHECK(actions_of(9'000, [&](auto& out) { client.on_timeout(at_ms(9'000), out); }) ==
          Timeline{"9000 INVITE"});
    CHECK(client.next_timeout() == at_ms(10'000));
}

// --- server

TEST_CASE(
    "a 100 goes out after 200 ms when the user has not answered, and answers retransmissions from then on") {
    auto server = proceeding(false);
    CHECK(invite_again(server, 100) == Timeline{});
    CHECK(run(server, 60'000) == Timeline{"200 100"});
    CHECK(invite_again(server, 500) == Timeline{"500 100"});
    CHECK(!server.next_timeout());
}

TEST_CASE("an answer within 200 ms makes the 100 unnecessary") {
    auto server = proceeding(false);
    CHECK(respond(server, 199, 180) == Timeline{"199 180"});
    CHECK(run(server, 60'000) == Timeline{});
    CHECK(invite_again(server, 500) == Timeline{"500 180"});
    CHECK(respond(server, 600, 183) == Timeline{"600 183"});
    CHECK(invite_again(server, 700) == Timeline{"700 183"});
}

TEST_CASE("Timer G repeats a refusal, doubling up to T2, until Timer H gives up over UDP") {
    auto server = proceeding(false);
    CHECK(respond(server, 0, 486) == Timeline{"0 486"});
    CHECK(run(server, 60'000) == Timeline{"500 486", "1500 486", "3500 486", "7500 486", "11500 486",
                                          "15500 486", "19500 486", "23500 486", "27500 486", "31500 486",
                                          "32000 (timeout)", "32000 (end)"});
}

TEST_CASE("over TCP there is no Timer G, and Timer H still waits 64*T1 for the ACK") {
    auto server = proceeding(true);
    CHECK(respond(server, 100, 486) == Timeline{"100 486"});
    CHECK(run(server, 60'000) == Timeline{"32100 (timeout)", "32100 (end)"});
}

TEST_CASE("over UDP Timer I absorbs further ACKs for T4 after the first") {
    auto server = proceeding(false);
    respond(server, 100, 486);
    CHECK(invite_again(server, 150) == Timeline{"150 486"});
    CHECK(ack(server, 200) == Timeline{});
    CHECK(server.state() == InviteServerTransaction::State::confirmed);
    CHECK(ack(server, 300) == Timeline{});
    CHECK(invite_again(server, 300) == Timeline{});
    CHECK(run(server, 60'000) == Timeline{"5200 (end)"});
}

TEST_CASE("over TCP Timer I is zero: the ACK ends the transaction") {
    auto server = proceeding(true);
    respond(server, 100, 486);
    CHECK(ack(server, 200) == Timeline{});
    CHECK(server.terminated());
}

TEST_CASE(
    "Timer L keeps an accepted INVITE for 64*T1 on every transport, absorbing INVITEs and passing ACKs up") {
    for (bool reliable : {false, true}) {
        auto server = proceeding(reliable);
        CHECK(respond(server, 100, 200) == Timeline{"100 200"});
        CHECK(invite_again(server, 500) == Timeline{});
        CHECK(ack(server, 600) == Timeline{"600 (deliver)"});
        CHECK(ack(server, 700) == Timeline{"700 (deliver)"});
        CHECK(run(server, 60'000) == Timeline{"32100 (end)"});
    }
}

TEST_CASE("in Accepted the user repeats its 2xx through the transaction and can send nothing else") {
    auto server = proceeding(false);
    respond(server, 100, 200);
    CHECK(respond(server, 600, 200) == Timeline{"600 200"});
    CHECK(respond(server, 700, 486) == Timeline{});
    CHECK(respond(server, 700, 180) == Timeline{});
}

TEST_CASE("only the first final response counts, and an ACK before it does nothing") {
    auto server = proceeding(false);
    CHECK(ack(server, 10) == Timeline{});
    respond(server, 100, 486);
    CHECK(respond(server, 200, 200) == Timeline{});
    CHECK(respond(server, 200, 500) == Timeline{});
    ack(server, 300);
    CHECK(respond(server, 400, 200) == Timeline{});
}

TEST_CASE("a response that cannot be sent is told, and the INVITE server transaction stays in its state") {
    auto server = proceeding(false);
    respond(server, 0, 486);
    CHECK(actions_of(1, [&](auto& out) { server.on_transport_error(out); }) ==
          Timeline{"1 (transport error)"});
    CHECK(server.state() == InviteServerTransaction::State::completed);
    CHECK(ack(server, 400) == Timeline{});
    CHECK(server.state() == InviteServerTransaction::State::confirmed);
    CHECK(actions_of(500, [&](auto& out) { server.on_transport_error(out); }) == Timeline{});
}
