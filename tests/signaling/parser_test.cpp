// What the parser takes and refuses beyond the torture messages, and that writing and reading are each
// other's inverse.
#include "signaling/parser.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/random.hpp"
#include "signaling/writer.hpp"

using namespace rotunda;
using namespace rotunda::sip;

namespace {

const std::string essential =
    "Via: SIP/2.0/UDP a.example.com;branch=z9hG4bK1\r\n"
    "From: <sip:a@example.com>;tag=1\r\n"
    "To: <sip:b@example.com>\r\n"
    "Call-ID: c1\r\n"
    "CSeq: 1 OPTIONS\r\n";

std::string options(std::string_view more = {}, std::string_view body = {}) {
    return "OPTIONS sip:b@example.com SIP/2.0\r\n" + essential + std::string(more) + "\r\n" +
           std::string(body);
}

std::string with_nul(std::string text, char placeholder = '@') {
    for (char& c : text)
        if (c == placeholder) c = '\0';
    return text;
}

void check_refused(const std::string& bytes, ParseReason reason, int status = 400,
                   ParseVerdict verdict = ParseVerdict::answer) {
    const ParsedMessage parsed = parse_message(bytes);
    CAPTURE(bytes);
    CHECK_MESSAGE(parsed.reason == reason, to_string(parsed.reason));
    CHECK(parsed.status == status);
    CHECK(parsed.verdict == verdict);
}

SipMessage accepted(const std::string& bytes) {
    ParsedMessage parsed = parse_message(bytes);
    REQUIRE_MESSAGE(parsed.ok(), to_string(parsed.reason) << ": " << bytes);
    return std::move(parsed.message);
}

}  // namespace

TEST_CASE("nothing but keep-alive octets is no message") {
    for (std::string_view bytes : {std::string_view(""), std::string_view("\r\n"),
                                   std::string_view("\r\n\r\n"), std::string_view("\0\0\0\0", 4)}) {
        const ParsedMessage parsed = parse_message(bytes);
        CHECK(parsed.verdict == ParseVerdict::drop);
        CHECK(parsed.reason == ParseReason::keep_alive);
    }
    CHECK(parse_message("\r\n\r\n" + options()).ok());
}

TEST_CASE("folding with spaces and tabs is one field, anywhere white space may stand") {
    const SipMessage message = accepted(
        "OPTIONS sip:b@example.com SIP/2.0\r\n"
        "Via\t:\r\n\tSIP\r\n / 2.0/\r\n UDP a.example.com\r\n ;branch\r\n =\r\n z9hG4bK1\r\n"
        "From:\r\n \"A\r\n B\"\r\n <sip:a@example.com>\r\n ;\r\n tag=1\r\n"
        "To \t :<sip:b@example.com>\r\n"
        "Call-ID:c1\r\n"
        "CSeq:\t1\r\n\t\tOPTIONS\r\n"
        "Supported: a\r\n ,\r\n b\r\n"
        "Subject:\r\n \r\n"
        "Y:\r\n\r\n");
    CHECK(message.top_via().branch() == "z9hG4bK1");
    CHECK(message.from().display_name == "A   B");
    CHECK(message.from_tag() == "1");
    CHECK(message.lists(HeaderId::supported, "b"));
    CHECK(message.header(HeaderId::subject) == "");
    CHECK(message.header("y") == "");
}

TEST_CASE("a message may end in folding, in a header without a value, or in nothing") {
    CHECK(accepted(options("Subject: x\r\n y\r\n")).header(HeaderId::subject) == "x   y");
    check_refused(options().substr(0, options().size() - 2), ParseReason::header_syntax);
    check_refused(options("Y: 1\r\n "), ParseReason::header_syntax);
}

TEST_CASE("compact forms and mixed case mean the same as full names") {
    const SipMessage full =
        accepted(options("Contact: <sip:x@h>\r\nSupported: a\r\nContent-Type: text/plain\r\n", "hi"));
    const SipMessage compact = accepted(
        "OPTIONS sip:b@example.com SIP/2.0\r\n"
        "v: SIP/2.0/UDP a.example.com;branch=z9hG4bK1\r\nF: <sip:a@example.com>;tag=1\r\nt: "
        "<sip:b@example.com>\r\n"
        "I: c1\r\ncSEQ: 1 OPTIONS\r\nM: <sip:x@h>\r\nk: a\r\nC: text/plain\r\nL: 2\r\n\r\nhi");
    CHECK(full == compact);
}

TEST_CASE("start lines that are none, or of another version") {
    const auto with = [](std::string_view line) { return std::string(line) + "\r\n" + essential + "\r\n"; };
    check_refused(with("OPTIONS"), ParseReason::start_line, 400, ParseVerdict::drop);
    check_refused(with("GE@T / HTTP/1.1"), ParseReason::start_line, 400, ParseVerdict::drop);
    check_refused(with("GET / HTTP/1.1"), ParseReason::start_line);
    check_refused(with("OPTIONS sip:b@h"), ParseReason::start_line);
    check_refused(with("OPTIONS sip:b@h SIP/2.0 "), ParseReason::start_line);
    check_refused(with("OPTIONS  sip:b@h SIP/2.0"), ParseReason::request_uri);
    check_refused(with("OPTIONS sip:b@h\r\n SIP/2.0"), ParseReason::request_uri);
    check_refused(with("OPTIONS sip:b@h SIP/2.1"), ParseReason::version, 505);
    check_refused(with("OPTIONS sip:b@h SIP/3.0"), ParseReason::version, 505);
    check_refused(with("OPTIONS tel:123 SIP/2.0"), ParseReason::uri_scheme, 416);
    check_refused(with("OPTIONS sip:b@h?Subject=x SIP/2.0"), ParseReason::request_uri);
    CHECK(parse_message(with("OPTIONS sip:b@h sip/2.0")).ok());
    check_refused(with("SIP/2.0 99 x"), ParseReason::status_code, 400, ParseVerdict::drop);
    check_refused(with("SIP/2.0 700 x"), ParseReason::status_code, 400, ParseVerdict::drop);
    check_refused(with("SIP/2.0 0200 x"), ParseReason::status_code, 400, ParseVerdict::drop);
    check_refused(with("SIP/2.0"), ParseReason::status_code, 400, ParseVerdict::drop);
    check_refused(with("SIP/3.0 200 OK"), ParseReason::version, 505, ParseVerdict::drop);
    CHECK(accepted(with("SIP/2.0 200")).reason().empty());
}

TEST_CASE("a request both malformed and of a foreign scheme is told that it is malformed") {
    check_refused("OPTIONS tel:1 SIP/2.0\r\n" + essential + "Max-Forwards: x\r\n\r\n",
                  ParseReason::max_forwards);
}

TEST_CASE("a broken ACK and a broken response meet silence") {
    check_refused("ACK sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nCSeq: 1 ACK\r\n\r\n",
                  ParseReason::missing_header, 400, ParseVerdict::drop);
    check_refused("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a\r\nCSeq: 1 INVITE\r\n\r\n",
                  ParseReason::missing_header, 400, ParseVerdict::drop);
    check_refused("SIP/2.0 200 OK\r\n" + essential + "Via: SIP/2.0/UDP b\r\n\r\n",
                  ParseReason::stray_response, 400, ParseVerdict::drop);
}

TEST_CASE("each essential field is missed, and nobody is answered without a Via") {
    const std::vector<std::string> names = {"Via", "From", "To", "Call-ID", "CSeq"};
    for (const std::string& name : names) {
        std::string bytes = options();
        const auto at = bytes.find(name + ":");
        bytes.erase(at, bytes.find("\r\n", at) + 2 - at);
        const ParsedMessage parsed = parse_message(bytes);
        CAPTURE(name);
        CHECK(parsed.reason == ParseReason::missing_header);
        CHECK(parsed.phrase == "Missing " + name);
        CHECK(parsed.verdict == (name == "Via" ? ParseVerdict::drop : ParseVerdict::answer));
    }
}

TEST_CASE("broken fields are refused, each for its reason") {
    check_refused(options("no colon\r\n"), ParseReason::header_syntax);
    check_refused(options(": x\r\n"), ParseReason::header_syntax);
    check_refused(options("a b: x\r\n"), ParseReason::header_syntax);
    check_refused(options("To: <sip:c@h>\r\n"), ParseReason::repeated_header);
    check_refused(options("t: <sip:c@h>\r\n"), ParseReason::repeated_header);
    check_refused(options("Max-Forwards: 256\r\n"), ParseReason::max_forwards);
    check_refused(options("Max-Forwards: -1\r\n"), ParseReason::max_forwards);
    check_refused(options("Contact: <sip:a@h\r\n"), ParseReason::address);
    check_refused(options("Contact: <sip:a@h>,\r\n"), ParseReason::address);
    check_refused(options("Route: <sip:a@h>, x\r\n"), ParseReason::address);
    check_refused(options("Record-Route: <>\r\n"), ParseReason::address);
    check_refused(options("Contact:\r\n"), ParseReason::header_syntax);
    check_refused(options("Via: SIP/2.0/UDP\r\n"), ParseReason::via);
    check_refused(options("Content-Type: sdp\r\n"), ParseReason::content_type);
    check_refused(options("Content-Length: 0\r\nl: 0\r\n"), ParseReason::content_length);
    check_refused(options("Content-Length: 1\r\n"), ParseReason::content_length);
    check_refused(options("Content-Length: 18446744073709551616\r\n"), ParseReason::content_length);
    check_refused(options("Content-Length: 0x0\r\n"), ParseReason::content_length);
    check_refused(options("Content-Length:\r\n"), ParseReason::content_length);
    CHECK(parse_message(options("User-Agent: a\r\nUser-Agent: b\r\n")).ok());
    CHECK(parse_message(options("Contact: *\r\n")).ok());
}

TEST_CASE("a Via with broken parameters still says where to answer") {
    const ParsedMessage parsed = parse_message(
        "OPTIONS sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.15:5070;;branch=x\r\nFrom: sip:a@h\r\nTo: "
        "sip:b@h\r\n"
        "Call-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n");
    CHECK(parsed.verdict == ParseVerdict::answer);
    CHECK(parsed.message.top_via().to_string() == "SIP/2.0/UDP 192.0.2.15:5070");
    CHECK(parsed.message.header(HeaderId::via) == "SIP/2.0/UDP 192.0.2.15:5070");
}

TEST_CASE("a datagram's body ends where Content-Length says, or with the datagram") {
    CHECK(accepted(options("Content-Length: 2\r\n", "hello")).body() == "he");
    CHECK(accepted(options({}, "hello")).body() == "hello");
    CHECK(accepted(options({}, with_nul("a@b\r\n\r\n\xff"))).body() == with_nul("a@b\r\n\r\n\xff"));
}

TEST_CASE("NUL and other control octets stand only behind a backslash; CR and LF not even there") {
    CHECK(accepted(options(with_nul("Subject: \"a\\@b\\\x07\"\r\n"))).header(HeaderId::subject) ==
          with_nul("\"a\\@b\\\x07\""));
    check_refused(options(with_nul("Subject: a@b\r\n")), ParseReason::control_octet);
    check_refused(options("Subject: a\x07\r\n"), ParseReason::control_octet);
    check_refused(options("Subject: a\x7f\r\n"), ParseReason::control_octet);
    check_refused(options("Subject: a\nEvil: b\r\n"), ParseReason::control_octet);
    check_refused(options("Subject: a\rb\r\n"), ParseReason::control_octet);
    check_refused(options("Subject: \"a\\\nb\"\r\n"), ParseReason::control_octet);
    check_refused(with_nul("OPTIONS sip:b%h SIP/2.0\r\n", '%') + essential + "\r\n",
                  ParseReason::control_octet);
}

TEST_CASE("an answer to a broken request sends back no line ends of its") {
    const ParsedMessage parsed = parse_message(
        "OPTIONS sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nFrom: sip:a@h\r\nTo: sip:b@h\nEvil: 1\r\nCall-ID: "
        "c\rd\r\n"
        "CSeq: 1 OPTIONS\r\n\r\n");
    REQUIRE(parsed.verdict == ParseVerdict::answer);
    const std::string wire = to_wire(SipMessage::response_to(parsed.message, 400));
    CHECK(wire.find("\nEvil") == std::string::npos);
    CHECK(wire.find("c\rd") == std::string::npos);
}

TEST_CASE("header text is UTF-8, a body whatever it is") {
    CHECK(parse_message(options("Subject: работающий\r\n")).ok());
    check_refused(options("Subject: caf\xe9\r\n"), ParseReason::not_utf8);
    check_refused(options("Subject: \xc0\xaf\r\n"), ParseReason::not_utf8);
    check_refused(options("Subject: \xed\xa0\x80\r\n"), ParseReason::not_utf8);
    CHECK(parse_message(options("Content-Type: a/b\r\n", "\xff\xfe")).ok());
}

TEST_CASE("everything that can be counted is limited") {
    std::string many;
    for (int i = 0; i < 300; ++i) many += "Y: 1\r\n";
    check_refused(options(many), ParseReason::too_many_headers);
    std::string routes = "Route: <sip:h>";
    for (int i = 0; i < 300; ++i) routes += ",<sip:h>";
    check_refused(options(routes + "\r\n"), ParseReason::too_many_headers);
    std::string vias;
    for (int i = 0; i < 100; ++i) vias += "v:SIP/2.0/UDP h\r\n";
    check_refused(options(vias), ParseReason::via);
    check_refused(options("Y: " + std::string(8200, 'x') + "\r\n"), ParseReason::header_too_long);
    CHECK(parse_message(options("Y: " + std::string(8000, 'x') + "\r\n")).ok());
    check_refused("OPTIONS sip:" + std::string(9000, 'b') + "@h SIP/2.0\r\n" + essential + "\r\n",
                  ParseReason::header_too_long, 414, ParseVerdict::drop);
    check_refused(options("Content-Type: a/b\r\n", std::string(65536, 'x')), ParseReason::too_large, 513);
    CHECK(parse_message(options("Content-Type: a/b\r\n", std::string(65000, 'x'))).ok());
}

TEST_CASE("no cut of a message and no changed octet upsets the parser") {
    const std::string whole =
        options("Contact: \"A\" <sip:x@h>;q=1\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n", "hello");
    REQUIRE(parse_message(whole).ok());
    for (std::size_t size = 0; size < whole.size(); ++size) CHECK(!parse_message(whole.substr(0, size)).ok());
    SeededRandom random(1);
    for (int i = 0; i < 20000; ++i) {
        std::string bytes = whole;
        for (int k = random.u16() % 4; k >= 0; --k)
            bytes[random.next() % bytes.size()] = static_cast<char>(random.next());
        const ParsedMessage parsed = parse_message(bytes);
        if (parsed.ok()) CHECK(parse_message(to_wire(parsed.message)).message == parsed.message);
    }
}

namespace {

// Makes well-formed messages of every shape the writer can meet.
class MessageMaker {
  public:
    explicit MessageMaker(std::uint64_t seed) : random_(seed) {}

    SipMessage make() {
        static const std::vector<Method> methods = {Method::invite, Method::bye, Method::from("NEW-METHOD!")};
        const Method method = methods[pick(methods.size())];
        SipMessage message =
            pick(2) ? SipMessage::request(method, uri())
                    : SipMessage::response(100 + static_cast<int>(pick(600)), pick(2) ? "Grüße" : "");
        for (std::size_t i = message.is_response() ? 1 : 1 + pick(3); i > 0; --i)
            message.add(HeaderId::via, via());
        message.add(HeaderId::from, address());
        message.add(HeaderId::to, address());
        message.set_call_id(random_.token(20) + "@" + random_.token(4));
        message.set_cseq(random_.u32(), method);
        for (std::size_t i = pick(4); i > 0; --i) message.add(HeaderId::contact, address());
        for (std::size_t i = pick(3); i > 0; --i) message.add(HeaderId::record_route, address());
        if (pick(2)) message.set(HeaderId::max_forwards, std::to_string(pick(256)));
        if (pick(2)) message.add("X-" + random_.token(3), quote_free_text());
        if (pick(2)) message.add(HeaderId::supported, "a, b");
        if (pick(2)) message.set_body(body(), "application/octet-stream");
        return message;
    }

  private:
    std::size_t pick(std::size_t n) { return random_.next() % n; }

    std::string octets(std::size_t size, bool any) {
        std::string out;
        for (std::size_t i = 0; i < size; ++i)
            out += any ? static_cast<char>(random_.next()) : static_cast<char>(' ' + pick(0x5f));
        return out;
    }
    std::string body() { return octets(1 + pick(300), true); }
    std::string quote_free_text() { return random_.token(1 + pick(5)) + " , ;\"" + random_.token(2); }
    std::string host() {
        static const std::vector<std::string> hosts = {"192.0.2.1", "[2001:db8::1]", "a-b.example.com",
                                                       "localhost"};
        return hosts[pick(hosts.size())];
    }
    Uri uri() {
        Uri out = Uri::sip(pick(4) ? octets(1 + pick(10), true) : "", host(),
                           pick(2) ? static_cast<std::uint16_t>(1 + pick(65535)) : 0);
        if (pick(2)) out.params().set("transport", "tcp");
        if (pick(2)) out.params().set("lr");
        if (pick(4) == 0) out.set_scheme(Uri::Scheme::sips);
        return out;
    }
    NameAddr address() {
        NameAddr out;
        if (pick(2)) out.display_name = octets(1 + pick(12), false) + "я";
        out.uri = uri();
        if (pick(2)) out.set_tag(random_.token(8));
        if (pick(2)) out.params.set("x", "\"a,b;\\\"c\"");
        return out;
    }
    std::string via() {
        Via out;
        out.transport = pick(2) ? "UDP" : "TLS-SCTP";
        out.host = host();
        out.port = pick(2) ? 5060 : 0;
        out.set_branch("z9hG4bK" + random_.token(10));
        if (pick(2)) out.params.set("rport");
        return out.to_string();
    }

    SeededRandom random_;
};

}  // namespace

TEST_CASE("what was written reads back the same, for thousands of made messages") {
    MessageMaker maker(2026);
    for (int i = 0; i < 5000; ++i) {
        const SipMessage made = maker.make();
        const std::string wire = to_wire(made);
        const ParsedMessage parsed = parse_message(wire);
        REQUIRE_MESSAGE(parsed.ok(), to_string(parsed.reason) << "\n" << wire);
        REQUIRE_MESSAGE(parsed.message == made, wire);
        CHECK(parsed.message.from() == made.from());
        CHECK(parsed.message.top_via() == made.top_via());
        CHECK(to_wire(parsed.message) == wire);
    }
}
