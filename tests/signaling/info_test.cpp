// INFO: digits and picture updates told by signalling (RFC 6086 §2, RFC 5168, interop rule 14).
#include "signaling/info_body.hpp"
#include "tests/signaling/agent_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

namespace {

struct InfoBench : AgentBench {
    InfoBench() {
        incoming_call();
        forget();
    }
    const SipMessage& info(std::string type, std::string body, std::string extra = {}) {
        PeerRequest request = in_dialog("INFO", ++cseq, std::move(body));
        request.content_type = std::move(type);
        request.extra = std::move(extra);
        receive(request);
        return last();
    }
    // The one digit told by that body.
    DigitReceived digit(std::string type, std::string body) {
        forget();
        CHECK(info(std::move(type), std::move(body)).status() == 200);
        return only<DigitReceived>();
    }
    int cseq = 1;
};

}  // namespace

TEST_CASE("A digit in dtmf-relay is told upward with its length, however it is written") {
    InfoBench bench;
    const DigitReceived five = bench.digit("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n");
    CHECK(five.digit == '5');
    CHECK(five.length == 160ms);
    CHECK(bench.digit("Application/DTMF-Relay", "signal = #\nduration = 100").digit == '#');
    CHECK(bench.digit("application/dtmf-relay", "Signal=10\r\n").digit == '*');
    CHECK(bench.digit("application/dtmf-relay", "Signal=11\r\n").digit == '#');
    CHECK(bench.digit("application/dtmf-relay", "Signal=d\r\n").digit == 'D');
    CHECK(bench.digit("application/dtmf-relay", "Signal=1\r\n").length == 250ms);
    CHECK(bench.digit("application/dtmf-relay", "Signal=1\r\nDuration=4294967295\r\n").length == 8s);
}

TEST_CASE("A digit alone in application/dtmf is told upward") {
    InfoBench bench;
    for (const char key : std::string("0123456789*#ABCD"))
        CHECK(bench.digit("application/dtmf", std::string(1, key)).digit == key);
    CHECK(bench.digit("application/dtmf", "7\r\n").digit == '7');
}

TEST_CASE("A digit is found inside multipart") {
    InfoBench bench;
    CHECK(bench
              .digit("multipart/mixed;boundary=b",
                     "--b\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=3\r\n--b--\r\n")
              .digit == '3');
}

TEST_CASE("A repeated INFO is one digit") {
    InfoBench bench;
    PeerRequest request = bench.in_dialog("INFO", 2, "4");
    request.content_type = "application/dtmf";
    bench.receive(request);
    bench.receive(request);
    CHECK(bench.messages(Method::info, 200).size() == 2);
    CHECK(bench.all<DigitReceived>().size() == 1);
}

TEST_CASE("A picture update is told upward, alone or inside multipart (RFC 5168)") {
    InfoBench bench;
    const std::string body(picture_update_body);
    CHECK(bench.info(std::string(picture_update_type), body).status() == 200);
    CHECK(bench.all<PictureRequested>().size() == 1);
    CHECK(bench
              .info("multipart/mixed;boundary=b",
                    "--b\r\nContent-Type: application/media_control+xml\r\n\r\n" + body + "\r\n--b--\r\n")
              .status() == 200);
    CHECK(bench.all<PictureRequested>().size() == 2);
    CHECK(bench.all<DigitReceived>().empty());
}

TEST_CASE("A flash, another media control and an empty INFO get 200 and no more") {
    InfoBench bench;
    CHECK(bench.info("application/dtmf-relay", "Signal=!\r\nDuration=100\r\n").status() == 200);
    CHECK(bench.info("application/dtmf", "16").status() == 200);
    CHECK(
        bench
            .info("application/media_control+xml",
                  "<?xml version=\"1.0\"?><media_control><general_error>busy</general_error></media_control>")
            .status() == 200);
    CHECK(bench.info("", "").status() == 200);
    CHECK(bench.events.empty());
}

TEST_CASE("What is no digit gets 400") {
    InfoBench bench;
    for (const char* body : {"Signal=\r\n", "Signal=E", "Signal=17", "Duration=100\r\n", "Signal=55555555555",
                             "Signal=-1", "\r\n", "="})
        CHECK(bench.info("application/dtmf-relay", body).status() == 400);
    CHECK(bench.info("application/dtmf", "Signal=1").status() == 400);
    CHECK(bench.events.empty());
}

TEST_CASE("An INFO of another type gets 415 with Accept and leaves the call alone") {
    InfoBench bench;
    const SipMessage no = bench.info("application/x-other", "hello");
    CHECK(no.status() == 415);
    CHECK(no.header(HeaderId::accept) == info_types());
    CHECK(bench.info("application/dtmf", "1", "Content-Encoding: gzip\r\n").status() == 415);
    CHECK(bench.agent.refused(Refusal::content_type) == 2);
    CHECK(bench.agent.session_count() == 1);
    CHECK(bench.events.empty());
}

TEST_CASE("An INFO out of order gets 500, one outside every dialog or after its end 481") {
    InfoBench bench;
    bench.info("application/dtmf", "1");
    bench.receive(PeerRequest{.method = "INFO",
                              .branch = "late",
                              .to_tag = bench.our_tag,
                              .cseq = 2,
                              .body = "1",
                              .content_type = "application/dtmf"});
    CHECK(bench.last().status() == 500);
    bench.receive(PeerRequest{.method = "INFO", .call_id = "x@y", .cseq = 9, .body = "1"});
    CHECK(bench.last().status() == 481);
    bench.receive(bench.in_dialog("BYE", 20));
    bench.info("application/dtmf", "1");
    CHECK(bench.last().status() == 481);
}

TEST_CASE("An INFO of a package gets 469 with Recv-Info, and the call goes on (RFC 6086 4.2.2)") {
    AgentBench bench;
    bench.incoming_call();
    PeerRequest info = bench.in_dialog("INFO", 2, "Signal=1");
    info.extra = "Info-Package: nobody-knows\r\n";
    info.content_type = "application/dtmf-relay";
    bench.receive(info);
    CHECK(bench.last().status() == 469);
    CHECK(bench.last().reason() == "Bad Info Package");
    CHECK(bench.last().header("Recv-Info") == "");
    CHECK(bench.all<DigitReceived>().empty());
    CHECK(bench.agent.session_count() == 1);
}
