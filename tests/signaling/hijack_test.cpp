// Whoever does not know a dialog's tags changes nothing in it (RFC 3261 §12.2.2), whatever else he knows.
#include <algorithm>

#include "tests/signaling/agent_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

TEST_CASE("requests into somebody's call with another tag get 481, and the call goes on") {
    for (const char* method : {"BYE", "INVITE", "UPDATE", "INFO"}) {
        CAPTURE(method);
        AgentBench bench;
        bench.incoming_call();
        bench.forget();
        for (const bool ours_is_wrong : {true, false}) {
            PeerRequest forged = bench.in_dialog(method, 2);
            forged.branch = ours_is_wrong ? "forged-to" : "forged-from";
            (ours_is_wrong ? forged.to_tag : forged.from_tag) = "guessed";
            if (forged.method == "INVITE" || forged.method == "UPDATE") forged.body = peer_sdp;
            bench.receive(forged);
            CHECK(bench.last().status() == 481);
        }
        PeerRequest elsewhere = bench.in_dialog(method, 2);
        elsewhere.branch = "forged-call";
        elsewhere.call_id = "another@198.51.100.7";
        bench.receive(elsewhere);
        CHECK(bench.last().status() == 481);
        CHECK(bench.events.empty());
        bench.receive(bench.in_dialog("BYE", 3));
        CHECK(bench.last().status() == 200);
    }
}

TEST_CASE("a call that rings is cancelled by nobody who does not know its branch") {
    AgentBench bench;
    bench.receive(PeerRequest{.body = peer_sdp});
    bench.forget();
    bench.receive(PeerRequest{.method = "CANCEL", .branch = "guessed"});
    CHECK(bench.last().status() == 481);
    CHECK(bench.events.empty());
}

TEST_CASE("our tags are of 80 random bits and more, and none is like another") {
    std::vector<std::string> tags;
    AgentBench bench;
    for (int n = 0; n < 50; ++n) {
        const std::string id = "call-" + std::to_string(n);
        bench.forget();
        bench.receive(PeerRequest{.branch = id, .call_id = id + "@198.51.100.7", .body = peer_sdp});
        REQUIRE(bench.agent.accept(bench.only<IncomingInvite>().session, our_sdp, bench.now));
        bench.drain();
        tags.emplace_back(bench.last().to_tag());
        CHECK(tags.back().size() >= 16);  // of 32 letters each
    }
    std::sort(tags.begin(), tags.end());
    CHECK(std::adjacent_find(tags.begin(), tags.end()) == tags.end());
}
