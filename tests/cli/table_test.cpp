#include "cli/table.hpp"

#include <doctest/doctest.h>

#include "cli/ladder.hpp"
#include "cli/printable.hpp"
#include "cli/watch.hpp"

using namespace rotunda::cli;

TEST_CASE("a table is as wide as it has to be, with numbers to the right") {
    const std::string text =
        table_of(R"({"rooms":[{"name":"1000","n":5},{"name":"sales","n":12}]})", "rooms", "name n");
    CHECK(text == "name   n\n 1000   5\nsales  12\n");
}

TEST_CASE("a column nobody has is left out, and one of a member's member has its own name") {
    const std::string text =
        table_of(R"({"p":[{"id":1,"audio":{"codec":"opus"}},{"id":2}]})", "p", "id audio.codec mos");
    CHECK(text == "id  codec\n 1  opus\n 2\n");
    CHECK(table_of(R"({"p":[]})", "p", "id") == "id\n");
    CHECK(table_of("not JSON", "p", "id").empty());
}

TEST_CASE("what a caller put into his name moves no cursor and turns no line around") {
    // Escape, delete, CSI of one character, a line feed, right-to-left override; an umlaut and a kanji stay.
    const std::string text =
        table_of(R"({"p":[{"from":"a\u001b[2J\u007f\u009b1m\u000a\u202eb\u00e4\u6f22"}]})", "p", "from");
    CHECK(text == "from\na?[2J??1m??b\xc3\xa4\xe6\xbc\xa2\n");
    CHECK(printable("\x9b"
                    "2J") == "?2J");  // no UTF-8
    CHECK(lines_of("{\"a\\u001bb\":1}") == "a?b: 1\n");
    CHECK(printable_json("{\"a\":\"\xc2\x9b\x7f\"}\n") == "{\"a\":\"\\u009b\\u007f\"}\n");
    const std::string line = event_line(R"({"event":"call.joined","from":"\u009b2Jx"})");
    CHECK(line.find("from=?2Jx") != line.npos);
}

TEST_CASE("an object is a line for each member") {
    CHECK(lines_of(R"({"calls":2,"draining":false,"refused":{"busy":1}})") ==
          "calls: 2\ndraining: no\nrefused:\n  busy: 1\n");
    CHECK(member_of(R"({"detail":"no"})", "detail") == "no");
    CHECK(member_of("nothing", "detail").empty());
}

TEST_CASE("an event is one line of its time, name and what is known of it") {
    const std::string line = event_line(
        R"({"time":"2026-01-31T12:00:00.123Z","event":"call.joined","room":"1000","from":"sip:a@b"})");
    CHECK(line.find("call.joined") != line.npos);
    CHECK(line.find("room=1000  from=sip:a@b") != line.npos);
}

TEST_CASE("a ladder says when, which way and what, with the method a response is to") {
    const std::string ladder = ladder_of(
        R"({"messages":[{"time":"T1","direction":"in","transport":"udp","remote":"192.0.2.9:5060","text":"INVITE sip:1000@h SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\nv=0\r\n"},)"
        R"({"time":"T2","direction":"out","transport":"udp","remote":"192.0.2.9:5060","text":"SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\n\r\n"}]})");
    CHECK(ladder.find("INVITE sip:1000@h +SDP ---") != ladder.npos);
    CHECK(ladder.find("-> Rotunda") != ladder.npos);
    CHECK(ladder.find("--- 200 OK (INVITE) Rotunda") != ladder.npos);
    CHECK(ladder_of("nothing").empty());
    CHECK(ladder.find("left out") == ladder.npos);
    const std::string long_one = ladder_of(
        R"({"messages":[{"text":"OPTIONS sip:h SIP/2.0\r\n\r\n"},{"text":"BYE sip:h SIP/2.0\r\n\r\n","left_out":7}]})");
    CHECK(long_one.find("\n(7 messages left out)\n") < long_one.find("BYE sip:h"));
}
