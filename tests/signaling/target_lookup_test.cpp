// RFC 3263 §4 against a zone written here.
#include "signaling/target_lookup.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "base/random.hpp"
#include "signaling/resolver.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

namespace {

struct Zone {
    std::map<DnsQuestion, DnsAnswer> records;

    void a(const std::string& name, const std::string& address) {
        const IpAddress ip = *IpAddress::parse(address);
        at(ip.is_v4() ? DnsType::a : DnsType::aaaa, name).addresses.push_back(ip);
    }
    void srv(const std::string& name, std::uint16_t priority, std::uint16_t weight, std::uint16_t port,
             const std::string& target) {
        at(DnsType::srv, name).services.push_back({priority, weight, port, target});
    }
    void naptr(const std::string& name, std::uint16_t order, std::uint16_t preference,
               const std::string& service, const std::string& replacement, const std::string& flags = "s") {
        at(DnsType::naptr, name).pointers.push_back({order, preference, flags, service, replacement});
    }
    DnsAnswer answer(const DnsQuestion& question) const {
        const auto found = records.find(question);
        DnsAnswer answer = found == records.end() ? DnsAnswer{} : found->second;
        answer.question = question;
        answer.ttl = 60s;
        return answer;
    }

  private:
    DnsAnswer& at(DnsType type, const std::string& name) { return records[{type, name}]; }
};

const LookupSettings all = {{Transport::udp, Transport::tcp, Transport::tls}, true, true};

std::string name_of(Transport transport) {
    constexpr const char* names[] = {"udp", "tcp", "tls", "ws", "wss"};
    return names[static_cast<std::size_t>(transport)];
}

// "udp 192.0.2.1:5060" for each target in order.
std::vector<std::string> resolve(const Zone& zone, const std::string& uri,
                                 const LookupSettings& settings = all, std::uint64_t seed = 1,
                                 std::vector<DnsQuestion>* asked = nullptr) {
    SeededRandom random(seed);
    TargetLookup lookup(*Uri::parse(uri), settings);
    for (int step = 0; step < 100 && !lookup.done(); ++step) {
        const DnsQuestion question = lookup.questions().front();
        if (asked) asked->push_back(question);
        lookup.on_answer(zone.answer(question), random);
    }
    REQUIRE(lookup.done());
    std::vector<std::string> lines;
    for (const Target& target : lookup.targets())
        lines.push_back(name_of(target.transport) + " " + target.remote.to_string());
    return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a literal address asks nothing: UDP, TLS for sips, or the transport named") {
    std::vector<DnsQuestion> asked;
    CHECK(resolve({}, "sip:a@192.0.2.1", all, 1, &asked) == Lines{"udp 192.0.2.1:5060"});
    CHECK(resolve({}, "sip:a@[2001:db8::1]:5080;transport=tcp", all, 1, &asked) ==
          Lines{"tcp [2001:db8::1]:5080"});
    CHECK(resolve({}, "sips:a@192.0.2.1", all, 1, &asked) == Lines{"tls 192.0.2.1:5061"});
    CHECK(resolve({}, "sips:a@192.0.2.1;transport=tcp", all, 1, &asked) == Lines{"tls 192.0.2.1:5061"});
    CHECK(asked.empty());
}

TEST_CASE("a port or a transport in the URI shortens the way (RFC 3263 4.1, 4.2)") {
    Zone zone;
    zone.a("example.com", "192.0.2.1");
    zone.a("sip.example.com", "192.0.2.2");
    zone.srv("_sip._tcp.example.com", 1, 1, 5070, "sip.example.com");
    std::vector<DnsQuestion> asked;
    CHECK(resolve(zone, "sip:a@example.com:5090", all, 1, &asked) == Lines{"udp 192.0.2.1:5090"});
    CHECK(asked == std::vector<DnsQuestion>{{DnsType::a, "example.com"}, {DnsType::aaaa, "example.com"}});
    asked.clear();
    CHECK(resolve(zone, "sip:a@Example.COM;transport=tcp", all, 1, &asked) == Lines{"tcp 192.0.2.2:5070"});
    CHECK(asked.front() == DnsQuestion{DnsType::srv, "_sip._tcp.example.com"});
    // No SRV record: the domain itself, at the default port.
    CHECK(resolve(zone, "sip:a@example.com;transport=udp") == Lines{"udp 192.0.2.1:5060"});
}

TEST_CASE("NAPTR chooses the transport, in its order, of those we have") {
    Zone zone;
    zone.naptr("example.com", 50, 60, "SIP+D2U", "_sip._udp.example.com");
    zone.naptr("example.com", 50, 50, "SIPS+D2T", "_sips._tcp.example.com");
    zone.naptr("example.com", 40, 99, "SIP+D2S", "_sip._sctp.example.com");
    zone.naptr("example.com", 30, 1, "SIP+D2T", "example.com", "u");
    zone.srv("_sip._udp.example.com", 0, 0, 5060, "u.example.com");
    zone.srv("_sips._tcp.example.com", 0, 0, 5061, "s.example.com.");
    zone.a("u.example.com", "192.0.2.1");
    zone.a("s.example.com", "192.0.2.2");
    CHECK(resolve(zone, "sip:a@example.com") == Lines{"tls 192.0.2.2:5061", "udp 192.0.2.1:5060"});
    CHECK(resolve(zone, "sips:a@example.com") == Lines{"tls 192.0.2.2:5061"});
    CHECK(resolve(zone, "sip:a@example.com", {}) == Lines{"udp 192.0.2.1:5060"});
}

TEST_CASE("without NAPTR all our transports' SRV records count, without SRV the address does") {
    Zone zone;
    zone.a("example.com", "192.0.2.9");
    zone.a("example.com", "2001:db8::9");
    CHECK(resolve(zone, "sip:a@example.com") == Lines{"udp 192.0.2.9:5060", "udp [2001:db8::9]:5060"});
    CHECK(resolve(zone, "sips:a@example.com") == Lines{"tls 192.0.2.9:5061", "tls [2001:db8::9]:5061"});
    zone.srv("_sip._tcp.example.com", 0, 0, 5068, "t.example.com");
    zone.a("t.example.com", "192.0.2.3");
    CHECK(resolve(zone, "sip:a@example.com") == Lines{"tcp 192.0.2.3:5068"});
    CHECK(resolve(zone, "sip:nobody@example.org").empty());
}

TEST_CASE("a service that is decidedly not there is not replaced by the domain's address") {
    Zone zone;
    zone.a("example.com", "192.0.2.9");
    zone.srv("_sip._udp.example.com", 0, 0, 0, "");
    CHECK(resolve(zone, "sip:a@example.com;transport=udp").empty());
}

TEST_CASE("lower priorities come last, and weights share out the first place (RFC 2782)") {
    Zone zone;
    zone.srv("_sip._udp.example.com", 20, 0, 5060, "spare.example.com");
    zone.srv("_sip._udp.example.com", 10, 75, 5060, "big.example.com");
    zone.srv("_sip._udp.example.com", 10, 25, 5060, "small.example.com");
    zone.a("big.example.com", "192.0.2.1");
    zone.a("small.example.com", "192.0.2.2");
    zone.a("spare.example.com", "192.0.2.3");
    int big = 0;
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        const Lines targets = resolve(zone, "sip:a@example.com;transport=udp", all, seed);
        REQUIRE(targets.size() == 3);
        CHECK(targets[2] == "udp 192.0.2.3:5060");
        big += targets[0] == "udp 192.0.2.1:5060";
    }
    CHECK(big > 700);
    CHECK(big < 800);
}

TEST_CASE("what can not be sent is not looked for: sips without TLS, an unknown transport") {
    CHECK(resolve({}, "sips:a@192.0.2.1", {}).empty());
    CHECK(resolve({}, "sip:a@192.0.2.1;transport=tls", {}).empty());
    CHECK(resolve({}, "sips:a@192.0.2.1;transport=udp").empty());
}

TEST_CASE("a flood of records is cut") {
    Zone zone;
    for (int i = 0; i < 1000; ++i) {
        const std::string host = "h" + std::to_string(i) + ".example.com";
        zone.srv("_sip._udp.example.com", 0, 1, 5060, host);
        for (int j = 1; j < 100; ++j) zone.a(host, "192.0.2." + std::to_string(j));
    }
    CHECK(resolve(zone, "sip:a@example.com;transport=udp").size() <= 16 * 16);
}

TEST_CASE("the resolver asks once for many, remembers for the TTL, and puts servers to avoid last") {
    Zone zone;
    zone.srv("_sip._udp.example.com", 1, 0, 5060, "one.example.com");
    zone.srv("_sip._udp.example.com", 2, 0, 5060, "two.example.com");
    zone.a("one.example.com", "192.0.2.1");
    zone.a("two.example.com", "192.0.2.2");
    SeededRandom random(3);
    Resolver resolver({{Transport::udp}, true, false}, random);
    TimePoint now{};
    std::size_t asked = 0;
    const auto first = [&](int times) {
        for (int i = 0; i < times; ++i)
            resolver.resolve(*Uri::parse("sip:a@example.com;transport=udp"), {}, now);
        for (auto questions = resolver.take_questions(); !questions.empty();
             questions = resolver.take_questions())
            for (const DnsQuestion& question : questions) {
                ++asked;
                resolver.on_answer(zone.answer(question), now);
            }
        const auto found = resolver.take_found();
        REQUIRE(found.size() == static_cast<std::size_t>(times));
        REQUIRE(found[0].targets.size() == 2);
        return found[0].targets[0];
    };
    const Target one = first(5);
    CHECK(one.remote.to_string() == "192.0.2.1:5060");
    CHECK(asked == 3);
    resolver.avoid(one, 30s, now);
    CHECK(first(1).remote.to_string() == "192.0.2.2:5060");
    CHECK(asked == 3);
    now += 31s;
    CHECK(first(1) == one);
    now += 60s;
    CHECK(first(1) == one);
    CHECK(asked == 6);
    CHECK(resolver.lookups() == 0);
}

TEST_CASE("names whose servers never answer keep nobody from being found who is known by his name alone") {
    Zone zone;
    for (const char* name : {"known.example.com", "trunk.example.com"}) zone.a(name, "192.0.2.1");
    SeededRandom random(3);
    Resolver resolver({{Transport::udp}, true, false}, random);
    const TimePoint now{};
    const auto ask = [&](const std::string& host, std::optional<IpAddress> guest) {
        return resolver.resolve(*Uri::parse("sip:a@" + host + ":5060"), guest, now);
    };
    const auto answer = [&] {
        for (const DnsQuestion& question : resolver.take_questions())
            resolver.on_answer(zone.answer(question), now);
    };
    const auto found = [&](LookupId id) {
        for (const Resolver::Found& each : resolver.take_found())
            if (each.lookup == id) return each.targets.size();
        return std::size_t{0};
    };
    ask("known.example.com", {});
    answer();
    for (std::uint32_t n = 0; n < 10'000; ++n)
        ask("r" + std::to_string(n) + ".slow.example", IpAddress::v4(0x0b000000u + n % 500));
    const std::size_t strangers = resolver.lookups();
    CHECK(strangers == 3072);
    resolver.take_questions();  // the answers to these are a long time in coming
    // A guest's name finds no place, unless it is known already.
    CHECK(found(ask("other.example.com", IpAddress::v4(1))) == 0);
    CHECK(found(ask("known.example.com", IpAddress::v4(1))) == 1);
    CHECK(resolver.take_questions().empty());
    const LookupId trunk = ask("trunk.example.com", {});
    CHECK(resolver.lookups() == strangers + 1);
    answer();
    CHECK(found(trunk) == 1);
}

TEST_CASE("a name that is being asked for anyway has room for all who came through it") {
    Zone zone;
    zone.a("edge.example.com", "192.0.2.1");
    SeededRandom random(3);
    Resolver resolver({{Transport::udp}, true, false}, random);
    for (int n = 0; n < 500; ++n)
        resolver.resolve(*Uri::parse("sip:a@edge.example.com:5060"), IpAddress::v4(1), {});
    for (const DnsQuestion& question : resolver.take_questions())
        resolver.on_answer(zone.answer(question), {});
    const auto found = resolver.take_found();
    CHECK(found.size() == 500);
    for (const Resolver::Found& each : found) CHECK(each.targets.size() == 1);
}

TEST_CASE("one subscriber has so many names under way, and none once they are answered") {
    SeededRandom random(3);
    Resolver resolver({{Transport::udp}, true, false}, random);
    for (int round = 0; round < 2; ++round) {
        for (int n = 0; n < 1000; ++n)
            resolver.resolve(*Uri::parse("sip:a@r" + std::to_string(n) + ".slow.example:5060"),
                             IpAddress::parse("2001:db8::" + std::to_string(n + 1)), {});
        CHECK(resolver.lookups() == 64);
        resolver.resolve(*Uri::parse("sip:a@r.slow.example:5060"), IpAddress::parse("2001:db8:0:1::1"), {});
        CHECK(resolver.lookups() == 65);
        for (const DnsQuestion& question : resolver.take_questions())
            resolver.on_answer({question, {}, {}, {}, {}}, {});
        CHECK(resolver.lookups() == 0);
    }
}
