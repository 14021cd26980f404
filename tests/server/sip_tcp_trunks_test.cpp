// A trunk that is known by its certificate alone, where others have taken every connection there may be.
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "loop_fixture.hpp"
#include "server/sip_tcp_transport.hpp"
#include "server/tls_context.hpp"
#include "tcp_peer.hpp"
#include "tests/test_data.hpp"

using namespace rotunda;
using namespace rotunda::server;

namespace {

std::unique_ptr<TlsContext> context(bool certificate) {
    Config::Tls settings;
    const std::string folder = test_data("tls/");
    if (certificate) {
        settings.certificate = {folder + "host.pem"};
        settings.private_key = {folder + "host.key"};
    }
    settings.ca = folder + "ca.pem";
    settings.verify_client = TlsClientCheck::optional;
    auto loaded = TlsContext::load(settings, certificate);
    REQUIRE(loaded.ok());
    return std::move(*loaded);
}

SipTcpLimits one_connection() {
    SipTcpLimits limits;
    limits.connections = 1;
    limits.reserve = 1;
    return limits;
}

struct World : LoopFixture {
    World()
        : server(loop, clock, log, advertised, one_connection(), 0,
                 {[this](sip::ParsedMessage, const sip::Flow& flow) { heard.push_back(flow); },
                  [](const sip::Flow&) {},
                  [](sip::ConnectionId) {},
                  {},
                  [](const sip::Flow& flow) { return flow.domain == "sip.example.com"; },
                  [this] { return in_use; }}) {
        server.use(serves.get(), &peers, &no_origins);
        bound = *server.listen(sip::Transport::tls, {loopback, 0});
    }
    // Somebody who connects and says something.
    std::unique_ptr<SipTcpTransport> client(const TlsContext& tls) {
        auto made = std::make_unique<SipTcpTransport>(
            loop, clock, log, advertised, SipTcpLimits{}, 0,
            SipTcpTransport::Handlers{[](sip::ParsedMessage, const sip::Flow&) {}, [](const sip::Flow&) {},
                                      [](sip::ConnectionId) {}});
        made->use(&tls, &no_peers, &no_origins);
        sip::Flow flow;
        flow.transport = sip::Transport::tls;
        flow.local = {loopback, 0};
        flow.remote = bound;
        flow.domain = "sip.example.com";
        made->send({flow, options()});
        return made;
    }
    std::uint64_t displaced() const {
        return server.counters().ended[static_cast<std::size_t>(SipTcpEnd::displaced)];
    }

    NoLog log;
    AdvertisedAddresses advertised{Config()};
    const std::vector<std::string> peers{"sip.example.com"}, no_peers, no_origins;
    const std::unique_ptr<TlsContext> serves = context(true), nobody = context(false);
    std::vector<sip::Flow> heard;
    std::unordered_set<sip::ConnectionId> in_use;
    SipTcpTransport server;
    Endpoint bound;
};

}  // namespace

TEST_CASE("where calls have taken every connection a handshake may still show a trunk's certificate") {
    World world;
    const auto caller = world.client(*world.nobody);
    REQUIRE(world.run_until([&] { return world.heard.size() == 1; }));
    world.server.prove(world.heard[0].connection);
    world.in_use = {world.heard[0].connection};

    const auto stranger = world.client(*world.nobody);
    CHECK(world.run_until([&] { return world.displaced() == 1; }));
    CHECK(world.heard.size() == 1);

    const auto trunk = world.client(*world.serves);
    REQUIRE(world.run_until([&] { return world.heard.size() == 2; }));
    CHECK(world.heard[1].domain == "sip.example.com");
    CHECK(world.server.connections() == 2);

    // Who shows none takes the place of a trunk's handshake no longer than another one does.
    const TcpPeer silent(world.bound);
    REQUIRE(world.run_until([&] { return world.server.connections() == 3; }));
    const auto next = world.client(*world.serves);
    CHECK(world.run_until([&] { return world.heard.size() == 3; }));
    CHECK(world.displaced() == 2);
}
