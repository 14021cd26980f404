#include "signaling/patient_requests.hpp"

#include <doctest/doctest.h>

using namespace rotunda;
using sip::PatientRequests;
using std::chrono::milliseconds;

namespace {

const std::string refresh = "REGISTER sip:example.com SIP/2.0\r\n\r\n";

sip::Flow flow_of(std::uint16_t port) {
    sip::Flow flow;
    flow.remote = {IpAddress::v4(0x7f000001), port};
    return flow;
}

struct Registrations {
    PatientRequests requests;
    TimePoint start{};

    bool waits(int ms, const std::string& datagram = refresh, std::uint16_t port = 1) {
        return requests.hold(datagram, flow_of(port), start + milliseconds(ms));
    }
    // As many as make it worth while, from 0 to 50 ms.
    Registrations& after_many() {
        for (int i = 0; i < static_cast<int>(PatientRequests::many); ++i) CHECK_FALSE(waits(i));
        return *this;
    }
};

}  // namespace

TEST_CASE("REGISTERs wait for one another where many came just before") {
    Registrations phones;
    phones.after_many();
    CHECK(phones.waits(60, refresh, 2));
    CHECK(phones.waits(95, refresh + "x", 3));
    CHECK(phones.requests.due() == phones.start + milliseconds(110));

    const auto taken = phones.requests.take(phones.start + milliseconds(112));
    REQUIRE(taken.size() == 2);
    CHECK(taken[0].flow == flow_of(2));
    CHECK(taken[0].datagram == refresh);
    CHECK(taken[1].datagram == refresh + "x");
    CHECK_FALSE(phones.requests.due());
}

TEST_CASE("where few come, one after the other or long after the many, nobody waits") {
    Registrations phones;
    for (int ms = 0; ms < 1000; ms += 20) CHECK_FALSE(phones.waits(ms));
    Registrations others;
    others.after_many();
    CHECK_FALSE(others.waits(110));
}

TEST_CASE("as long as many come they wait, and no longer") {
    Registrations phones;
    phones.after_many();
    for (int ms = 50; ms < 100; ms += 10) CHECK(phones.waits(ms));
    CHECK(phones.requests.take(phones.start + milliseconds(100)).size() == 5);
    CHECK(phones.waits(120));
    CHECK(phones.requests.take(phones.start + milliseconds(150)).size() == 1);
    CHECK_FALSE(phones.waits(151));
}

TEST_CASE("nobody overtakes those that are due and have not been taken yet") {
    Registrations phones;
    phones.after_many();
    CHECK(phones.waits(50));
    CHECK(phones.waits(170));
    CHECK(phones.requests.take(phones.start + milliseconds(170)).size() == 2);
}

TEST_CASE("other requests, answers and large ones never wait") {
    Registrations phones;
    phones.after_many();
    CHECK_FALSE(phones.waits(60, "INVITE sip:1000@example.com SIP/2.0\r\n\r\n"));
    CHECK_FALSE(phones.waits(60, "SIP/2.0 200 OK\r\n\r\n"));
    CHECK_FALSE(phones.waits(60, "REGISTERED sip:example.com SIP/2.0\r\n\r\n"));
    CHECK_FALSE(phones.waits(60, refresh + std::string(PatientRequests::most_octets, 'x')));
    CHECK_FALSE(phones.requests.due());
}

TEST_CASE("so many are held and no more: a flood of them is handled as it comes") {
    Registrations phones;
    phones.after_many();
    for (std::size_t i = 0; i < PatientRequests::most; ++i) CHECK(phones.waits(60));
    CHECK_FALSE(phones.waits(60));
    CHECK(phones.requests.take(phones.start + milliseconds(110)).size() == PatientRequests::most);
}
