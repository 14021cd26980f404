// Ways to peers we have not heard from, as the kernel and our listeners have them.
#include "server/sip_routes.hpp"

#include <doctest/doctest.h>

#include "server/clock.hpp"
#include "signaling/request_router.hpp"

using namespace rotunda;
using namespace rotunda::server;

namespace {

ListenAddress listener(sip::Transport transport, std::string_view endpoint) {
    return {transport, *Endpoint::parse(endpoint)};
}

struct Ways {
    std::optional<sip::Flow> find(std::string_view uri) { return routes.find(*sip::Uri::parse(uri)); }

    SystemClock clock;
    LocalAddresses addresses{clock};
    AdvertisedAddresses advertised{Config()};
    std::vector<ListenAddress> bound{listener(sip::Transport::udp, "127.0.0.1:5070")};
    std::vector<std::string> domains{"example.com"};
    SipRoutes routes{addresses, advertised, bound, domains};
};

}  // namespace

TEST_CASE("a name's way is found later, also where nothing of ours leads to the world at large") {
    Ways ways;
    const auto way = ways.find("sip:anna@phones.example");
    REQUIRE(way);
    CHECK(sip::is_unspecified(*way));
    CHECK(way->transport == sip::Transport::udp);
    ways.bound.clear();
    CHECK_FALSE(ways.find("sip:anna@phones.example"));
}

TEST_CASE("a server without UDP finds the way to a name all the same") {
    Ways ways;
    ways.bound = {listener(sip::Transport::tls, "127.0.0.1:5071")};
    const auto way = ways.find("sip:anna@phones.example");
    REQUIRE(way);
    CHECK(sip::is_unspecified(*way));
    CHECK(way->transport != sip::Transport::udp);
    CHECK(ways.find("sips:anna@phones.example")->transport == sip::Transport::tls);
    CHECK_FALSE(ways.find("sip:anna@phones.example;transport=udp"));
}

TEST_CASE("an address is reached from the listener that serves the way there, or not at all") {
    Ways ways;
    const auto way = ways.find("sip:anna@127.0.0.1:5080");
    REQUIRE(way);
    CHECK(way->local.to_string() == "127.0.0.1:5070");
    CHECK(way->remote.to_string() == "127.0.0.1:5080");
    CHECK(ways.find("sip:anna@127.0.0.1:5080;transport=tcp")->transport == sip::Transport::tcp);
    CHECK_FALSE(ways.find("sip:anna@127.0.0.1;transport=ws"));
    CHECK_FALSE(ways.find("sip:anna@0.0.0.0"));
    CHECK(ways.routes.is_self(*sip::Uri::parse("sip:1000@127.0.0.1:5070")));
    CHECK_FALSE(ways.routes.is_self(*sip::Uri::parse("sip:1000@127.0.0.1:5080")));
    CHECK(ways.routes.is_self(*sip::Uri::parse("sip:anna@EXAMPLE.com")));
    CHECK(ways.routes.is_self(*sip::Uri::parse("sip:anna@example.com.")));
    CHECK_FALSE(ways.routes.is_self(*sip::Uri::parse("sip:anna@example.com..")));
}
