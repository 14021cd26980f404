// RFC 4475 at the level of the parser: what it must take, what it must refuse and how, what must meet
// silence.
#include <doctest/doctest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "signaling/parser.hpp"
#include "signaling/writer.hpp"
#include "tests/torture_messages.hpp"

using namespace rotunda;
using namespace rotunda::sip;

namespace {

struct Refusal {
    ParseVerdict verdict;
    ParseReason reason;
    int status;
};

constexpr auto answer = ParseVerdict::answer;
constexpr auto drop = ParseVerdict::drop;

// Every message not named here must be accepted. Where the RFC leaves a choice ("any" in the table), ours is
// written down.
const std::map<std::string, Refusal> refusals = {
    {"badinv01.dat", {answer, ParseReason::via, 400}},
    {"clerr.dat", {answer, ParseReason::content_length, 400}},
    {"ncl.dat", {answer, ParseReason::content_length, 400}},
    {"scalar02.dat", {answer, ParseReason::cseq, 400}},
    {"scalarlg.dat", {drop, ParseReason::cseq, 400}},
    {"quotbal.dat", {answer, ParseReason::address, 400}},
    {"ltgtruri.dat", {answer, ParseReason::request_uri, 400}},
    {"lwsruri.dat", {answer, ParseReason::request_uri, 400}},
    {"lwsstart.dat", {answer, ParseReason::request_uri, 400}},
    {"trws.dat", {answer, ParseReason::start_line, 400}},
    {"escruri.dat", {answer, ParseReason::request_uri, 400}},
    {"regbadct.dat", {answer, ParseReason::address, 400}},
    {"badaspec.dat", {answer, ParseReason::address, 400}},
    {"baddn.dat", {answer, ParseReason::header_syntax, 400}},
    {"badvers.dat", {answer, ParseReason::version, 505}},
    {"mismatch01.dat", {answer, ParseReason::cseq_method, 400}},
    {"mismatch02.dat", {answer, ParseReason::cseq_method, 400}},
    {"bigcode.dat", {drop, ParseReason::status_code, 400}},
    {"insuf.dat", {answer, ParseReason::missing_header, 400}},
    {"unkscm.dat", {answer, ParseReason::uri_scheme, 416}},
    {"novelsc.dat", {answer, ParseReason::uri_scheme, 416}},
    {"multi01.dat", {answer, ParseReason::repeated_header, 400}},
    {"mcl01.dat", {answer, ParseReason::content_length, 400}},
    {"bcast.dat", {drop, ParseReason::stray_response, 400}},
};

SipMessage accepted(const std::string& file) {
    ParsedMessage parsed = parse_message(torture_message(file));
    REQUIRE_MESSAGE(parsed.ok(), file << ": " << parsed.phrase);
    return std::move(parsed.message);
}

bool allows(const std::string& allowed, int status) {
    if (allowed == "any") return true;
    if (allowed == "!400") return status != 400;
    return ("|" + allowed + "|").find("|" + std::to_string(status) + "|") != std::string::npos;
}

}  // namespace

TEST_CASE("each of the 49 torture messages is accepted, refused or dropped as it should be") {
    const auto rows = torture_rows();
    REQUIRE(rows.size() == 49);
    std::size_t refused = 0;
    for (const TortureRow& row : rows) {
        CAPTURE(row.file);
        const ParsedMessage parsed = parse_message(torture_message(row.file));
        const auto refusal = refusals.find(row.file);
        if (refusal == refusals.end()) {
            CHECK_MESSAGE(parsed.ok(), to_string(parsed.reason));
            CHECK(parsed.status == 0);
            continue;
        }
        ++refused;
        CHECK(parsed.verdict == refusal->second.verdict);
        CHECK_MESSAGE(parsed.reason == refusal->second.reason, to_string(parsed.reason));
        CHECK(parsed.status == refusal->second.status);
        if (parsed.verdict == answer) {
            CHECK(row.kind == "request");
            CHECK(allows(row.allowed, parsed.status));
            CHECK(!parsed.phrase.empty());
        } else {
            CHECK(row.allowed == "-");
        }
    }
    CHECK(refused == refusals.size());
}

TEST_CASE("every torture message that is accepted survives being written and read again") {
    for (const TortureRow& row : torture_rows()) {
        if (refusals.contains(row.file)) continue;
        CAPTURE(row.file);
        const SipMessage message = accepted(row.file);
        const ParsedMessage again = parse_message(to_wire(message));
        REQUIRE(again.ok());
        CHECK(again.message == message);
    }
}

TEST_CASE(
    "every torture message that is to be answered can be: the answer itself is well formed or lacks only "
    "what the request lacked") {
    for (const auto& [file, refusal] : refusals) {
        if (refusal.verdict != answer) continue;
        CAPTURE(file);
        const ParsedMessage parsed = parse_message(torture_message(file));
        const SipMessage response = SipMessage::response_to(parsed.message, parsed.status, parsed.phrase);
        const ParsedMessage back = parse_message(to_wire(response));
        CHECK(back.message.status() == refusal.status);
        CHECK(back.message.top_via().host == parsed.message.top_via().host);
        CHECK(!back.message.top_via().host.empty());
    }
}

TEST_CASE("wsinv: folding, white space, compact forms and leading zeros read as what they mean") {
    const SipMessage message = accepted("wsinv.dat");
    CHECK(message.method() == Method::invite);
    CHECK(message.uri().has_param("unknownparam"));
    CHECK(message.to_tag() == "1918181833n");
    CHECK(message.from().display_name == "J Rosenberg \\\"");
    CHECK(message.from_tag() == "98asjd8");
    CHECK(message.max_forwards() == 68);
    CHECK(message.cseq() == CSeq{9, Method::invite});
    CHECK(message.header(HeaderId::subject) == "");
    CHECK(message.header("NewFangledHeader") == "newfangled value   continued newfangled value");
    CHECK(message.header("unknownheaderwithunusualvalue") == ";;,,;;,;");
    CHECK(message.header(HeaderId::content_type) == "application/sdp");
    REQUIRE(message.vias().size() == 3);
    CHECK(message.top_via().host == "192.0.2.2");
    CHECK(message.top_via().branch() == "390skdjuw");
    CHECK(!message.top_via().has_rfc3261_branch());
    CHECK(message.vias()[1].transport == "TCP");
    CHECK(message.vias()[1].host == "spindle.example.com");
    CHECK(message.vias()[2].branch() == "z9hG4bK30239");
    REQUIRE(message.routes().size() == 1);
    CHECK(message.routes()[0].uri.is_loose_router());
    CHECK(message.routes()[0].uri.param("unknownwith") == "value");
    REQUIRE(message.contacts().size() == 1);
    CHECK(message.contacts()[0].display_name == "Quoted string \"\"");
    CHECK(message.contacts()[0].params.get("newparam") == "newvalue");
    CHECK(message.contacts()[0].params.get("secondparam") == "");
    CHECK(message.contacts()[0].params.get("q") == "0.33");
    CHECK(message.body().size() == 150);
}

TEST_CASE("intmeth: a wide range of legal characters") {
    const SipMessage message = accepted("intmeth.dat");
    CHECK(message.method().id() == Method::other);
    CHECK(message.method().name() == "!interesting-Method0123456789_*+`.%indeed'~");
    CHECK(message.uri().raw_user() == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
    CHECK(message.uri().raw_password() == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
    using namespace std::string_literals;
    CHECK(message.to().display_name == "BEL:\x07 NUL:\0 DEL:\x7f"s);
    CHECK(message.from().display_name == "token1~` token2'+_ token3*%!.-");
    CHECK(message.from_tag() == "_token~1'+`*%!-.");
    CHECK(message.from().params.unquoted("fromParam''~+*_!.-%") == "работающий");
}

TEST_CASE("esc01, escnull, semiuri: escapes are undone once and a NUL ends nothing") {
    const SipMessage esc01 = accepted("esc01.dat");
    CHECK(esc01.uri().user() == "sips:user@example.com");
    CHECK(esc01.uri().host() == "example.net");
    CHECK(esc01.to().uri.user() == "user");
    CHECK(esc01.from().uri.user() == "I have spaces");
    const Uri contact = esc01.contacts().at(0).uri;
    CHECK(contact.user() == "caller");
    CHECK(contact.is_loose_router());
    CHECK(contact.param("name") == "value%2541");

    const SipMessage escnull = accepted("escnull.dat");
    using namespace std::string_literals;
    CHECK(escnull.to().uri.user() == "null-\0-null"s);
    REQUIRE(escnull.contacts().size() == 2);
    CHECK(escnull.contacts()[0].uri.user() == "\0"s);
    CHECK(escnull.contacts()[1].uri.user() == "\0\0"s);
    CHECK(!equivalent(escnull.contacts()[0].uri, escnull.contacts()[1].uri));

    CHECK(accepted("semiuri.dat").uri().user() == "user;par=u@example.net");
}

TEST_CASE("esc02: % in a method or header name is no escape") {
    const SipMessage message = accepted("esc02.dat");
    CHECK(message.method().name() == "RE%47IST%45R");
    CHECK(message.method().id() == Method::other);
    CHECK(message.to().display_name == "%Z%45");
    REQUIRE(message.contacts().size() == 2);
    CHECK(message.contacts()[1].uri.user() == "alias3");
    CHECK(message.header("C%6Fntact") == "<sip:alias2@host2.example.com>");
}

TEST_CASE("dblreq: octets beyond Content-Length of a datagram are ignored") {
    const SipMessage message = accepted("dblreq.dat");
    CHECK(message.method() == Method::register_);
    CHECK(message.body().empty());
}

TEST_CASE("cparam01, cparam02: without angle brackets a parameter belongs to the header field") {
    const NameAddr bare = accepted("cparam01.dat").contacts().at(0);
    CHECK(bare.params.has("unknownparam"));
    CHECK(!bare.uri.has_param("unknownparam"));
    const NameAddr bracketed = accepted("cparam02.dat").contacts().at(0);
    CHECK(!bracketed.params.has("unknownparam"));
    CHECK(bracketed.uri.has_param("unknownparam"));
}

TEST_CASE("regescrt: header fields inside a Contact URI stay inside it") {
    const SipMessage message = accepted("regescrt.dat");
    CHECK(message.routes().empty());
    CHECK(message.contacts().at(0).uri.header("route") == "<sip:sip.example.com>");
}

TEST_CASE("longreq: 34 Vias, the last one split off nothing") {
    const SipMessage message = accepted("longreq.dat");
    CHECK(message.vias().size() == 34);
    CHECK(message.top_via().host == "sip33.example.com");
    CHECK(message.vias().back().received() == "192.0.2.5");
    CHECK(message.to().uri.port() == 6000);
    CHECK(message.body().size() == 150);
}

TEST_CASE("unreason, noreason: the reason phrase is text, and may be empty") {
    CHECK(accepted("unreason.dat").reason().substr(0, 6) == "= 2**3");
    CHECK(is_utf8(accepted("unreason.dat").reason()));
    CHECK(accepted("noreason.dat").reason().empty());
    CHECK(accepted("noreason.dat").status() == 100);
}

TEST_CASE("unksm2: other schemes in To, From and Contact are kept") {
    const SipMessage message = accepted("unksm2.dat");
    CHECK(message.to().uri.scheme_name() == "isbn");
    CHECK(message.to().uri.opaque() == "2983792873");
    CHECK(message.from().uri.to_string() == "http://www.example.com");
    CHECK(message.contacts().at(0).uri.scheme_name() == "name");
}

TEST_CASE("badbranch, inv2543: a bare cookie and no branch at all are RFC 2543 branches") {
    CHECK(!accepted("badbranch.dat").top_via().has_rfc3261_branch());
    CHECK(!accepted("inv2543.dat").top_via().has_rfc3261_branch());
    CHECK(accepted("inv2543.dat").from_tag().empty());
}
