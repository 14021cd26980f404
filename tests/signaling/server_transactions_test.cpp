#include "transaction_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace rotunda::sip::test;

TEST_CASE(
    "a retransmitted INVITE is answered from the transaction with the same bytes and reaches nobody else") {
    Bench bench;
    const auto id = bench.accept_request(request({}));
    CHECK(bench.respond(id, 180));
    CHECK(bench.sent() == Lines{"180 INVITE"});
    const std::string first = bench.last_out.front().bytes;
    bench.receive(request({}));
    CHECK(bench.sent() == Lines{"180 INVITE"});
    CHECK(bench.last_out.front().bytes == first);
    CHECK(bench.events().empty());
    CHECK(bench.layer.counters().retransmissions == 1);
}

TEST_CASE("a refused INVITE is repeated, its ACK stays below, and nothing is left behind") {
    Bench bench;
    const auto id = bench.accept_request(request({}));
    bench.respond(id, 486);
    bench.run_until(600);
    CHECK(bench.sent() == Lines{"486 INVITE", "486 INVITE"});
    bench.receive(request({.method = "ACK", .to_tag = "any"}));
    CHECK(bench.events().empty());
    bench.run_until(60'000);
    CHECK(bench.sent().empty());
    CHECK(bench.events() == Lines{"server ended"});
    CHECK(bench.empty());
}

TEST_CASE("a missing ACK is told as a failure before the end") {
    Bench bench;
    const auto id = bench.accept_request(request({}));
    bench.respond(id, 486);
    bench.run_until(60'000);
    CHECK(bench.sent().size() == 11);
    CHECK(bench.events() == Lines{"server failed timeout", "server ended"});
    CHECK(bench.layer.counters().timeouts == 1);
    CHECK(bench.empty());
}

TEST_CASE(
    "after a 2xx INVITEs are absorbed, the user's repeated 2xx goes out, and ACKs of any branch come up") {
    Bench bench;
    const auto id = bench.accept_request(request({}));
    CHECK(bench.respond(id, 200));
    const SipMessage ok = bench.sent_messages().front();
    bench.receive(request({}));
    CHECK(bench.sent().empty());
    CHECK(bench.respond(id, 200));
    CHECK(bench.sent_messages().front() == ok);
    bench.receive(request({.method = "ACK",
                           .via = "SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKother;rport",
                           .to_tag = std::string(ok.to_tag())}));
    CHECK(bench.events() == Lines{"ack"});
    bench.receive(request({.method = "ACK", .to_tag = std::string(ok.to_tag())}));
    CHECK(bench.events() == Lines{"ack"});
    CHECK_FALSE(bench.respond(id, 486));
    bench.run_until(31'999);
    CHECK(bench.events().empty());
    bench.run_until(32'000);
    CHECK(bench.events() == Lines{"server ended"});
    CHECK_FALSE(bench.respond(id, 200));
    CHECK(bench.layer.counters().unsendable_responses == 2);
    CHECK(bench.empty());
}

TEST_CASE("an ACK that belongs to nothing comes up and makes no transaction") {
    Bench bench;
    bench.receive(request({.method = "ACK"}));
    CHECK(bench.events() == Lines{"ack"});
    CHECK(bench.sent().empty());
    CHECK(bench.empty());
}

TEST_CASE("the layer gives a response the To tag it lacks, the same one for all responses of a transaction") {
    Bench bench;
    const auto id = bench.accept_request(request({}));
    bench.run_until(200);
    CHECK(bench.sent_messages().at(0).to_tag().empty());  // a 100 needs none
    bench.respond(id, 180);
    const std::string tag(bench.sent_messages().at(0).to_tag());
    CHECK(!tag.empty());
    bench.respond(id, 486);
    CHECK(bench.sent_messages().at(0).to_tag() == tag);
}

TEST_CASE("the To tag of the user or of the dialog stands") {
    Bench bench;
    const auto in_dialog = bench.accept_request(request({.method = "BYE", .to_tag = "theirs"}));
    bench.respond(in_dialog, 200);
    CHECK(bench.sent_messages().at(0).to_tag() == "theirs");

    const auto fresh = bench.accept_request(
        request({.via = "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKtwo", .call_id = "call-2"}));
    SipMessage response = SipMessage::response_to(bench.taken, 200);
    response.set_to_tag("ours");
    bench.layer.respond(fresh, response, bench.now);
    CHECK(bench.sent_messages().at(0).to_tag() == "ours");
}

// --- matching (RFC 3261 §17.2.3)

TEST_CASE("branch, sent-by and method together make a request new or known") {
    const RequestParts first{.method = "OPTIONS", .via = "SIP/2.0/UDP host.example:5070;branch=z9hG4bKone"};
    struct Row {
        std::string method, via;
        bool known;
    };
    const Row rows[] = {
        {"OPTIONS", "SIP/2.0/UDP host.example:5070;branch=z9hG4bKone", true},
        {"OPTIONS", "SIP/2.0/UDP HOST.example:5070;branch=Z9HG4BKONE", true},
        {"OPTIONS", "SIP/2.0/UDP host.example:5070;branch=z9hG4bKtwo", false},
        {"OPTIONS", "SIP/2.0/UDP other.example:5070;branch=z9hG4bKone", false},
        {"OPTIONS", "SIP/2.0/UDP host.example:5071;branch=z9hG4bKone", false},
        {"MESSAGE", "SIP/2.0/UDP host.example:5070;branch=z9hG4bKone", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.via);
        CAPTURE(row.method);
        Bench bench;
        bench.accept_request(request(first));
        // Another Call-ID, so that the merged-request rule has no say.
        bench.receive(request({.method = row.method, .via = row.via, .call_id = "call-2"}));
        CHECK(bench.events().empty() == row.known);
    }
}

TEST_CASE("without the magic cookie every part RFC 2543 names must match") {
    const RequestParts first{.via = "SIP/2.0/UDP 192.0.2.9:5070", .call_id = "old", .cseq = 4};
    Bench bench;
    const auto id = bench.accept_request(request(first));
    bench.respond(id, 180);
    bench.sent();
    bench.receive(request(first));
    CHECK(bench.sent() == Lines{"180 INVITE"});
    CHECK(bench.events().empty());

    for (int part = 0; part < 5; ++part) {
        CAPTURE(part);
        RequestParts other = first;
        if (part == 0) other.uri = "sip:2000@192.0.2.1";
        if (part == 1) other.from_tag = "bob";
        if (part == 2) other.call_id = "new";
        if (part == 3) other.cseq = 5;
        if (part == 4) other.via = "SIP/2.0/UDP 192.0.2.9:5070;branch=1";
        bench.receive(request(other));
        // Another Request-URI or Via is the same request by another way: merged.
        const bool merged = part == 0 || part == 4;
        CHECK(bench.sent() == (merged ? Lines{"482 INVITE"} : Lines{}));
        CHECK(bench.events() == (merged ? Lines{} : Lines{"request INVITE"}));
    }
}

TEST_CASE("without the magic cookie an ACK is known by the To tag of the response it acknowledges") {
    const RequestParts first{.via = "SIP/2.0/UDP 192.0.2.9:5070"};
    Bench bench;
    const auto id = bench.accept_request(request(first));
    bench.respond(id, 486);
    const std::string tag(bench.sent_messages().at(0).to_tag());
    RequestParts ack = first;
    ack.method = "ACK";
    ack.to_tag = "wrong";
    bench.receive(request(ack));
    CHECK(bench.events() == Lines{"ack"});
    bench.run_until(500);
    CHECK(bench.sent() == Lines{"486 INVITE"});
    ack.to_tag = tag;
    bench.receive(request(ack));
    CHECK(bench.events().empty());
    bench.run_until(60'000);
    CHECK(bench.sent().empty());
    CHECK(bench.events() == Lines{"server ended"});
    CHECK(bench.empty());
}

TEST_CASE("without the magic cookie an ACK that comes after the end of its INVITE comes up like any other") {
    const RequestParts first{.via = "SIP/2.0/UDP 192.0.2.9:5070"};
    Bench bench;
    const auto id = bench.accept_request(request(first));
    bench.respond(id, 486);
    RequestParts ack = first;
    ack.method = "ACK";
    ack.to_tag = bench.sent_messages().at(0).to_tag();
    bench.run_until(60'000);
    CHECK(bench.events() == Lines{"server failed timeout", "server ended"});
    bench.receive(request(ack));
    CHECK(bench.events() == Lines{"ack"});
    CHECK(bench.empty());
}

TEST_CASE("without the magic cookie the ACK for a 2xx comes up once per copy, and CANCEL finds its INVITE") {
    const RequestParts first{.via = "SIP/2.0/UDP 192.0.2.9:5070"};
    Bench bench;
    const auto id = bench.accept_request(request(first));
    RequestParts cancel = first;
    cancel.method = "CANCEL";
    bench.receive(request(cancel));
    CHECK(bench.events() == Lines{"cancel"});
    CHECK(bench.last<CancelReceived>().invite == id);
    bench.respond(id, 200);
    const std::string tag(bench.sent_messages().back().to_tag());
    RequestParts ack = first;
    ack.method = "ACK";
    ack.to_tag = tag;
    bench.receive(request(ack));
    CHECK(bench.events() == Lines{"ack"});
    bench.run_until(60'000);
    CHECK(bench.empty());
}

// --- CANCEL (§9.2)

TEST_CASE("a CANCEL is answered 200 with the INVITE's To tag and names the INVITE") {
    Bench bench;
    const auto id = bench.accept_request(request({}));
    bench.respond(id, 180);
    const std::string tag(bench.sent_messages().at(0).to_tag());
    bench.receive(request({.method = "CANCEL"}));
    CHECK(bench.events() == Lines{"cancel"});
    CHECK(bench.last<CancelReceived>().invite == id);
    const auto sent = bench.sent_messages();
    REQUIRE(sent.size() == 1);
    CHECK(brief(sent[0]) == "200 CANCEL");
    CHECK(sent[0].to_tag() == tag);
    bench.respond(id, 487);
    CHECK(bench.sent_messages().at(0).to_tag() == tag);
    // The CANCEL again: answered below, said once.
    bench.receive(request({.method = "CANCEL"}));
    CHECK(bench.sent() == Lines{"200 CANCEL"});
    CHECK(bench.events().empty());
}

TEST_CASE("a CANCEL before any response fixes the To tag of the 487 to come") {
    Bench bench;
    const auto id = bench.accept_request(request({}));
    bench.receive(request({.method = "CANCEL"}));
    const std::string tag(bench.sent_messages().at(0).to_tag());
    bench.respond(id, 487);
    CHECK(bench.sent_messages().at(0).to_tag() == tag);
}

TEST_CASE("a CANCEL after the final response is answered 200 and changes nothing") {
    for (int status : {200, 486}) {
        Bench bench;
        const auto id = bench.accept_request(request({}));
        bench.respond(id, status);
        bench.sent();
        bench.receive(request({.method = "CANCEL"}));
        CHECK(bench.sent() == Lines{"200 CANCEL"});
        CHECK(bench.events().empty());
    }
}

TEST_CASE("a CANCEL for nothing is answered 481 and reaches nobody") {
    Bench bench;
    bench.receive(request({.method = "CANCEL"}));
    CHECK(bench.sent() == Lines{"481 CANCEL"});
    CHECK(bench.events().empty());
    CHECK(bench.layer.counters().unmatched_cancels == 1);
    bench.run_until(60'000);
    CHECK(bench.events().empty());
    CHECK(bench.empty());
}

TEST_CASE("a CANCEL that overtakes its INVITE is 481 and the INVITE that follows is new") {
    Bench bench;
    bench.receive(request({.method = "CANCEL"}));
    CHECK(bench.sent() == Lines{"481 CANCEL"});
    bench.accept_request(request({}));
}

// --- merged requests (§8.2.2.2), limits

TEST_CASE("a copy of a request that came another way gets 482, its ACK is absorbed, and the first goes on") {
    Bench bench;
    const auto id = bench.accept_request(request({}));
    const RequestParts copy{.via = "SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKcopy"};
    bench.receive(request(copy));
    CHECK(bench.sent() == Lines{"482 INVITE"});
    RequestParts ack = copy;
    ack.method = "ACK";
    bench.receive(request(ack));
    CHECK(bench.events().empty());
    CHECK(bench.respond(id, 200));
    CHECK(bench.layer.counters().merged_requests == 1);
    bench.run_until(60'000);
    CHECK(bench.events() == Lines{"server ended"});
    CHECK(bench.empty());
}

TEST_CASE("a copy that comes after the end of the first is a new request") {
    Bench bench;
    const auto id = bench.accept_request(request({.method = "OPTIONS"}));
    bench.respond(id, 200);
    bench.run_until(32'000);
    CHECK(bench.events() == Lines{"server ended"});
    bench.accept_request(request({.method = "OPTIONS", .via = "SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKcopy"}));
}

TEST_CASE("the same Call-ID with another CSeq, another From tag or a To tag is no merged request") {
    Bench bench;
    bench.accept_request(request({}));
    bench.accept_request(request({.via = "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKtwo", .cseq = 2}));
    bench.accept_request(request({.via = "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKthree", .from_tag = "bob"}));
    bench.accept_request(request({.via = "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKfour", .to_tag = "known"}));
}

TEST_CASE(
    "at the limit new calls get 503 with Retry-After and no state, while running calls have room left") {
    Bench bench({.timers = {}, .limits = {.outside_dialogs = 1, .all = 2, .retry_after_seconds = 7}});
    bench.accept_request(request({}));
    const RequestParts second{.via = "SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKtwo", .call_id = "call-2"};
    bench.receive(request(second));
    const auto refusal = bench.sent_messages();
    REQUIRE(refusal.size() == 1);
    CHECK(brief(refusal[0]) == "503 INVITE");
    CHECK(refusal[0].header(HeaderId::retry_after) == "7");
    bench.receive(request(second));
    CHECK(bench.sent_messages().at(0) == refusal[0]);  // the same To tag
    CHECK(bench.layer.server_transactions() == 1);
    bench.accept_request(
        request({.method = "BYE", .via = "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK3", .to_tag = "x"}));
    bench.receive(request({.method = "BYE", .via = "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK4", .to_tag = "y"}));
    CHECK(bench.sent() == Lines{"503 BYE"});
    CHECK(bench.events().empty());
    CHECK(bench.layer.counters().refused_overload == 3);
}

TEST_CASE(
    "answered requests make room for new ones, the oldest first, so that no flood of them refuses others") {
    Bench bench({.timers = {}, .limits = {.outside_dialogs = 3, .all = 3}});
    const auto flood = [&](int n) {
        return RequestParts{.method = "BYE",
                            .via = "SIP/2.0/UDP 192.0.2.66:5070;branch=z9hG4bKf" + std::to_string(n),
                            .to_tag = "made-up",
                            .call_id = "call-" + std::to_string(n)};
    };
    const auto answer = [&](const RequestParts& parts, int status) {
        bench.receive(request(parts));
        bench.events();  // of those that went, too
        bench.taken = bench.last<RequestReceived>().request;
        bench.respond(bench.last<RequestReceived>().transaction, status);
    };
    answer({.call_id = "standing"}, 200);
    for (int n = 0; n < 50; ++n) answer(flood(n), 481);
    CHECK(bench.layer.server_transactions() == 3);
    CHECK(bench.layer.counters().refused_overload == 0);
    bench.sent();
    bench.receive(request(flood(49)));  // the latest still absorb
    CHECK(bench.sent() == Lines{"481 BYE"});
    CHECK(bench.layer.counters().retransmissions == 1);
    bench.receive(request({.call_id = "standing"}));  // and so do INVITEs
    CHECK(bench.layer.counters().retransmissions == 2);
    // What nobody has answered yet stays.
    for (const char* branch : {"z9hG4bK8", "z9hG4bK9"})
        bench.receive(
            request({.via = "SIP/2.0/UDP 192.0.2.9;branch=" + std::string(branch), .call_id = branch}));
    CHECK(bench.sent().empty());
    bench.receive(request({.via = "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK10", .call_id = "c10"}));
    CHECK(bench.sent() == Lines{"503 INVITE"});
    bench.run_until(60'000);
}

TEST_CASE("INVITEs refused and never acknowledged make room likewise, and those acknowledged too") {
    Bench bench({.timers = {}, .limits = {.outside_dialogs = 3, .all = 3}});
    const auto flood = [&](int n, std::string method = "INVITE") {
        return RequestParts{.method = std::move(method),
                            .via = "SIP/2.0/UDP 192.0.2.66:5070;branch=z9hG4bKf" + std::to_string(n),
                            .to_tag = "made-up",
                            .call_id = "call-" + std::to_string(n)};
    };
    const auto answer = [&](const RequestParts& parts, int status) {
        bench.receive(request(parts));
        bench.events();  // of those that went, too
        bench.taken = bench.last<RequestReceived>().request;
        bench.respond(bench.last<RequestReceived>().transaction, status);
    };
    answer({.call_id = "standing"}, 200);
    for (int n = 0; n < 50; ++n) {
        answer(flood(n), n % 2 ? 481 : 401);
        if (n % 3 == 0) bench.receive(request(flood(n, "ACK")));
    }
    CHECK(bench.layer.server_transactions() == 3);
    CHECK(bench.layer.counters().refused_overload == 0);
    bench.sent();
    bench.receive(request(flood(49)));  // the latest are still there, and so is the call
    CHECK(bench.sent() == Lines{"481 INVITE"});
    bench.receive(request({.call_id = "standing"}));
    CHECK(bench.layer.counters().retransmissions == 2);
    // A running call's BYE is served.
    answer({.method = "BYE", .via = "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKbye", .to_tag = "x"}, 200);
    CHECK(bench.sent() == Lines{"200 BYE"});
    bench.run_until(60'000);
    CHECK(bench.empty());
}

TEST_CASE("what transactions keep is bounded in octets, and given back with them") {
    Bench bench({.timers = {}, .limits = {.bytes = 3000}});
    const std::string long_via = ";x=" + std::string(4000, 'x');
    const auto id = bench.accept_request(
        request({.method = "OPTIONS", .via = "SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKone" + long_via}));
    CHECK(bench.layer.server_bytes() > 4000);
    const RequestParts second{.via = "SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKtwo", .call_id = "call-2"};
    bench.receive(request(second));
    CHECK(bench.sent() == Lines{"503 INVITE"});
    CHECK(bench.layer.server_transactions() == 1);
    bench.respond(id, 200);
    bench.run_until(32'000);
    CHECK(bench.layer.server_bytes() == 0);
    bench.sent();
    bench.events();
    bench.accept_request(request(second));
}

// --- transport errors, reliable transports

TEST_CASE("a response that cannot be sent is told once and the transaction lives on") {
    Bench bench;
    const auto id = bench.accept_request(request({}));
    bench.respond(id, 486);
    bench.sent();
    bench.layer.on_transport_error(udp_flow(), bench.now);
    bench.layer.on_transport_error(udp_flow(), bench.now);
    CHECK(bench.events() == Lines{"server failed transport"});
    bench.run_until(500);
    CHECK(bench.sent() == Lines{"486 INVITE"});
    bench.run_until(60'000);
    CHECK(bench.events() == Lines{"server ended"});
    CHECK(bench.empty());
}

TEST_CASE("a broken connection concerns its own transactions only") {
    Bench bench;
    const RequestParts tcp{.via = "SIP/2.0/TCP 192.0.2.9:5070;branch=z9hG4bKone"};
    bench.accept_request(request(tcp), tcp_flow(1));
    bench.layer.on_transport_error(tcp_flow(2), bench.now);
    bench.layer.on_transport_error(udp_flow(), bench.now);
    CHECK(bench.events().empty());
    bench.layer.on_transport_error(tcp_flow(1), bench.now);
    CHECK(bench.events() == Lines{"server failed transport"});
}

TEST_CASE("over TCP a non-INVITE transaction is gone with its answer") {
    Bench bench;
    const auto id = bench.accept_request(
        request({.method = "OPTIONS", .via = "SIP/2.0/TCP 192.0.2.9:5070;branch=z9hG4bKone"}), tcp_flow());
    bench.respond(id, 200);
    CHECK(bench.sent() == Lines{"200 OPTIONS"});
    CHECK(bench.events() == Lines{"server ended"});
    CHECK(bench.empty());
}
