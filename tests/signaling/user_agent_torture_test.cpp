// RFC 4475 at the level of the user agent: what leaves it after each of the messages, against expected.tsv.
#include "base/text.hpp"
#include "tests/signaling/agent_bench.hpp"
#include "tests/torture_messages.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

namespace {

bool is_allowed(std::string_view allowed, int status) {
    if (allowed == "any") return true;
    if (allowed.starts_with("!")) return status != *parse_number<int>(allowed.substr(1), 699);
    for (Split rest = split_once(allowed, '|');; rest = split_once(*rest.tail, '|')) {
        if (parse_number<int>(rest.head, 699) == status) return true;
        if (!rest.tail) return false;
    }
}

// An agent with an owner like a focus. What it sends is read as text: an answer repeats of the request what a
// parser would refuse.
struct Torture {
    SeededRandom random{1};
    UserAgent agent{{}, random};
    Flow flow = bench_flow();
    TimePoint now{};
    std::vector<std::string> sent;

    void receive(const std::string& bytes) {
        agent.receive(bytes, flow, now);
        for (const UserAgentEvent& event : agent.take_events()) {
            if (const auto* invite = std::get_if<IncomingInvite>(&event))
                answer(*invite);
            else if (const auto* request = std::get_if<RequestReceived>(&event))
                agent.respond(request->transaction, agent.make_response(request->request, 200), now);
        }
        drain();
    }
    // His rooms are numbers.
    void answer(const IncomingInvite& invite) {
        if (parse_number(invite.request.uri().user(), 9999))
            agent.accept(invite.session, our_sdp, now);
        else
            agent.reject(invite.session, 404, {}, {}, now);
    }
    void drain() {
        for (OutgoingMessage& message : agent.take_outgoing()) sent.push_back(std::move(message.bytes));
    }
    void pass(Duration time) {
        const TimePoint end = now + time;
        for (auto next = agent.next_timeout(); next && *next <= end; next = agent.next_timeout()) {
            now = *next;
            agent.on_timeout(now);
            drain();
        }
        now = end;
    }
};

int status_of(std::string_view response) {
    REQUIRE(response.starts_with("SIP/2.0 "));
    return parse_number<int>(response.substr(8, 3), 699).value_or(0);
}

}  // namespace

TEST_CASE("Every torture message is answered as the table says, and the agent goes on") {
    int requests = 0, responses = 0;
    for (const TortureRow& row : torture_rows()) {
        CAPTURE(row.file);
        CAPTURE(row.allowed);
        Torture torture;
        if (row.transport == "TCP" || row.transport == "TLS") torture.flow = bench_flow(Transport::tcp);
        torture.receive(torture_message(row.file));
        if (row.kind == "response") {
            ++responses;
            CHECK(torture.sent.empty());
        } else {
            ++requests;
            REQUIRE(torture.sent.size() == 1);
            CAPTURE(torture.sent.back());
            CHECK(status_of(torture.sent.back()) >= 200);
            CHECK(is_allowed(row.allowed, status_of(torture.sent.back())));
        }
        torture.sent.clear();
        torture.receive(PeerRequest{.method = "OPTIONS", .call_id = "after@198.51.100.7"}.text());
        REQUIRE(torture.sent.size() == 1);
        CHECK(status_of(torture.sent.back()) == 200);
        torture.pass(120s);
        CHECK(torture.agent.idle());
    }
    CHECK(requests == 44);
    CHECK(responses == 5);
}

TEST_CASE("What the torture test wants said beside the status is said") {
    const auto says = [](const std::string& file, std::string_view line) {
        Torture torture;
        torture.receive(torture_message(file));
        REQUIRE(torture.sent.size() == 1);
        CAPTURE(torture.sent.back());
        CHECK(torture.sent.back().find(line) != std::string::npos);
    };
    says("bext01.dat", "\r\nUnsupported: nothingSupportsThis, nothingSupportsThisEither\r\n");
    says("invut.dat", "\r\nAccept: application/sdp, multipart/mixed\r\n");
    says("intmeth.dat", "\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK\r\n");
    says("zeromf.dat", "SIP/2.0 200 OK\r\n");
    says("sdp01.dat", "SIP/2.0 406 ");
    says("badvers.dat", "SIP/2.0 505 ");
}
