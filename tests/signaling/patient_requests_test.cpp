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

}  // namespace

TEST_CASE("one REGISTER alone waits for nobody, those that follow it are taken together") {
    PatientRequests requests;
    const TimePoint start{};
    CHECK_FALSE(requests.hold(refresh, flow_of(1), start));
    CHECK_FALSE(requests.due());
    CHECK(requests.hold(refresh, flow_of(2), start + milliseconds(10)));
    CHECK(requests.hold(refresh + "x", flow_of(3), start + milliseconds(40)));
    CHECK(requests.due() == start + PatientRequests::patience);

    const auto taken = requests.take(start + milliseconds(52));
    REQUIRE(taken.size() == 2);
    CHECK(taken[0].flow == flow_of(2));
    CHECK(taken[0].datagram == refresh);
    CHECK(taken[1].datagram == refresh + "x");
    CHECK_FALSE(requests.due());
}

TEST_CASE("whoever comes right after a batch waits for the next, whoever comes late does not") {
    PatientRequests requests;
    const TimePoint start{};
    CHECK_FALSE(requests.hold(refresh, flow_of(1), start));
    CHECK(requests.hold(refresh, flow_of(2), start + milliseconds(1)));
    CHECK(requests.take(start + milliseconds(50)).size() == 1);
    CHECK(requests.hold(refresh, flow_of(3), start + milliseconds(60)));
    CHECK(requests.due() == start + milliseconds(100));
    CHECK(requests.take(start + milliseconds(100)).size() == 1);
    CHECK_FALSE(requests.hold(refresh, flow_of(4), start + milliseconds(150)));
}

TEST_CASE("nobody overtakes those that are due and have not been taken yet") {
    PatientRequests requests;
    const TimePoint start{};
    CHECK_FALSE(requests.hold(refresh, flow_of(1), start));
    CHECK(requests.hold(refresh, flow_of(2), start));
    CHECK(requests.hold(refresh, flow_of(3), start + milliseconds(70)));
    CHECK(requests.take(start + milliseconds(70)).size() == 2);
}

TEST_CASE("other requests, answers and large ones never wait") {
    PatientRequests requests;
    CHECK_FALSE(requests.hold(refresh, flow_of(1), TimePoint{}));
    CHECK_FALSE(requests.hold("INVITE sip:1000@example.com SIP/2.0\r\n\r\n", flow_of(1), TimePoint{}));
    CHECK_FALSE(requests.hold("SIP/2.0 200 OK\r\n\r\n", flow_of(1), TimePoint{}));
    CHECK_FALSE(requests.hold("REGISTERED sip:example.com SIP/2.0\r\n\r\n", flow_of(1), TimePoint{}));
    CHECK_FALSE(
        requests.hold(refresh + std::string(PatientRequests::most_octets, 'x'), flow_of(1), TimePoint{}));
    CHECK_FALSE(requests.due());
}

TEST_CASE("so many are held and no more: a flood of them is handled as it comes") {
    PatientRequests requests;
    CHECK_FALSE(requests.hold(refresh, flow_of(1), TimePoint{}));
    for (std::size_t i = 0; i < PatientRequests::most; ++i)
        CHECK(requests.hold(refresh, flow_of(1), TimePoint{}));
    CHECK_FALSE(requests.hold(refresh, flow_of(1), TimePoint{}));
    CHECK(requests.take(TimePoint{}).size() == PatientRequests::most);
}
