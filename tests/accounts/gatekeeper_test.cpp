#include "accounts/gatekeeper.hpp"

#include <malloc.h>

#include "accounts/authority.hpp"
#include "tests/accounts/account_bench.hpp"

namespace rotunda::accounts {
namespace {

using sip::HeaderId;
using sip::Identity;
using sip::Method;
using sip::SipMessage;

SipMessage invite(const char* from = "<sip:alice@example.com>;tag=1") {
    return AccountBench::request(Method::invite, "sip:1000@example.com", from);
}

TEST_CASE("a From of our domain is challenged, whether the user exists or not, and answered alike") {
    AccountBench bench;
    for (const char* from : {"<sip:alice@example.com>;tag=1", "<sip:nobody@EXAMPLE.com>;tag=1"}) {
        const auto verdict = bench.check(invite(from));
        REQUIRE(bench.status(verdict) == 401);
        const auto challenges = verdict.refused->response.values(HeaderId::www_authenticate);
        REQUIRE(challenges.size() == 2);  // RFC 8760: the preferred one first
        CHECK(sip::DigestChallenge::parse(challenges[0])->algorithm == sip::DigestAlgorithm::sha256);
        CHECK(sip::DigestChallenge::parse(challenges[1])->algorithm == sip::DigestAlgorithm::md5);
        CHECK_FALSE(sip::DigestChallenge::parse(challenges[0])->stale);
    }
    auto nobody = bench.client_of("nobody", "x"), wrong = bench.client_of("alice", "x");
    auto a = invite("<sip:nobody@example.com>;tag=1"), b = invite();
    CHECK(bench.status(bench.authenticate(a, nobody)) == 401);
    CHECK(bench.status(bench.authenticate(b, wrong)) == 401);
}

TEST_CASE("a phone known to give up on SHA-256 is offered MD5 alone, where MD5 is offered") {
    auto message = invite();
    message.add(HeaderId::user_agent, "baresip v1.0.0 (x86_64/linux)");
    const auto offers = [&](DigestSettings settings) {
        AccountBench bench({.domains = {"example.com"}}, std::move(settings));
        return bench.check(message).refused->response.values(HeaderId::www_authenticate).size();
    };
    CHECK(offers({"example.com"}) == 1);
    CHECK(offers({"example.com", {sip::DigestAlgorithm::sha256}}) == 1);
    CHECK(offers({"example.com", {sip::DigestAlgorithm::sha512_256, sip::DigestAlgorithm::sha256}}) == 2);
}

TEST_CASE("right credentials say who it is, by each algorithm") {
    for (const auto algorithm : sip::digest_algorithms) {
        AccountBench bench({.domains = {"example.com"}}, {"example.com", {algorithm}});
        auto client = bench.client_of("alice", "wonderland");
        auto message = invite();
        const auto verdict = bench.authenticate(message, client);
        CHECK_FALSE(verdict.refused);
        CHECK(verdict.identity == Identity::user("alice", "example.com"));
    }
}

TEST_CASE("an algorithm that is not offered counts for nothing") {
    AccountBench strict({.domains = {"example.com"}}, {"example.com", {sip::DigestAlgorithm::sha256}});
    auto client = strict.client_of("alice", "wonderland");
    auto message = invite();
    auto challenge = *sip::DigestChallenge::parse(
        *strict.check(message).refused->response.header(HeaderId::www_authenticate));
    challenge.algorithm = sip::DigestAlgorithm::md5;
    SipMessage downgraded = SipMessage::response_to(message, 401);
    downgraded.add(HeaderId::www_authenticate, challenge.to_string());
    REQUIRE(client.retry(message, downgraded));
    client.authorize(message, strict.random);
    CHECK(strict.status(strict.check(message)) == 401);
}

TEST_CASE("valid credentials of somebody else give 403") {
    AccountBench bench;
    auto client = bench.client_of("bob", "builder");
    auto message = invite();
    CHECK(bench.status(bench.authenticate(message, client)) == 403);
    auto elsewhere = invite("<sip:alice@elsewhere.org>;tag=1");
    bench.flow = phone_flow();
    client.authorize(elsewhere, bench.random);
    CHECK(bench.check(elsewhere).identity.name == "bob");
}

TEST_CASE("a replayed request is refused, and told to be stale") {
    AccountBench bench;
    auto client = bench.client_of("alice", "wonderland");
    auto message = invite();
    REQUIRE_FALSE(bench.authenticate(message, client).refused);
    const auto replay = bench.check(message);
    REQUIRE(bench.status(replay) == 401);
    CHECK(sip::DigestChallenge::parse(*replay.refused->response.header(HeaderId::www_authenticate))->stale);
    client.authorize(message, bench.random);  // the next count
    CHECK_FALSE(bench.check(message).refused);
}

TEST_CASE(
    "a nonce lives as long as configured, then it is stale and another is taken without asking anybody") {
    AccountBench bench({.domains = {"example.com"}}, {"example.com", {sip::DigestAlgorithm::md5}, 5min});
    auto client = bench.client_of("alice", "wonderland");
    auto message = invite();
    REQUIRE_FALSE(bench.authenticate(message, client).refused);
    bench.now += 5min - 1ns;
    client.authorize(message, bench.random);
    CHECK_FALSE(bench.check(message).refused);
    bench.now += 1ns;
    client.authorize(message, bench.random);
    const auto late = bench.check(message);
    REQUIRE(bench.status(late) == 401);
    CHECK(sip::DigestChallenge::parse(*late.refused->response.header(HeaderId::www_authenticate))->stale);
    REQUIRE(client.retry(message, late.refused->response));
    client.authorize(message, bench.random);
    CHECK_FALSE(bench.check(message).refused);
}

TEST_CASE("credentials of another realm are none, of another method wrong, for another URI a bad request") {
    AccountBench bench;
    auto client = bench.client_of("alice", "wonderland");
    auto message = invite();
    REQUIRE_FALSE(bench.authenticate(message, client).refused);
    client.authorize(message, bench.random);
    const std::string value(*message.header(HeaderId::authorization));
    const auto with = [&](SipMessage other, std::string text) {
        other.set(HeaderId::authorization, text);
        return bench.status(bench.check(other));
    };
    auto credentials = *sip::DigestAuthorization::parse(value);
    credentials.realm = "elsewhere.org";
    CHECK(with(invite("<sip:x@elsewhere.org>"), credentials.to_string()) == 0);
    CHECK(with(AccountBench::request(Method::message, "sip:1000@example.com", "<sip:alice@example.com>"),
               value) == 401);
    CHECK(with(AccountBench::request(Method::invite, "sip:1001@example.com", "<sip:alice@example.com>"),
               value) == 400);
    CHECK(with(AccountBench::request(Method::invite, "sip:1000@example.com:5060;transport=udp",
                                     "<sip:alice@example.com>"),
               value) == 0);
}

TEST_CASE("the uri of credentials is compared as phones write it") {
    const auto uri = *sip::Uri::parse("sip:1000@example.com");
    const auto same = [&](const char* other) {
        return is_same_resource(uri, other, [](std::string_view host) { return host == "192.0.2.1"; });
    };
    CHECK(same("sip:1000@EXAMPLE.com"));
    CHECK(same("sip:%31000@example.com:5060;transport=tcp"));
    CHECK(same("sips:1000@example.com"));
    CHECK(same("sip:192.0.2.1:5060"));  // SIPp
    CHECK(same("sip:1000@192.0.2.1"));
    CHECK_FALSE(same("sip:1001@example.com"));
    CHECK_FALSE(same("1000@example.com"));
    CHECK_FALSE(same("sip:1000@example.org"));
    CHECK_FALSE(same("sip:example.org"));
}

TEST_CASE("listener, room and trunk decide who needs credentials") {
    AccessPolicy policy;
    policy.domains = {"example.com"};
    policy.listeners = {{sip::Transport::udp, *Endpoint::parse("0.0.0.0:5060"), Access::authenticated}};
    policy.rooms = {{"2000", Access::anyone}, {"3000", Access::trunk}};
    policy.trusted = {{"carrier", *IpPrefix::parse("203.0.113.0/24")}};
    AccountBench bench(policy);
    const auto to = [&](const char* uri) {
        return bench.check(AccountBench::request(Method::invite, uri, "<sip:x@elsewhere.org>;tag=1"));
    };
    CHECK(bench.status(to("sip:1000@example.com")) == 401);
    CHECK(bench.status(to("sip:2000@example.com")) == 0);
    CHECK(to("sip:2000@example.com").identity.is_anonymous());
    CHECK(bench.status(to("sip:3000@example.com")) == 401);  // which rooms there are he does not learn
    auto message =
        AccountBench::request(Method::invite, "sip:3000@example.com", "<sip:x@elsewhere.org>;tag=1");
    auto user = bench.client_of("alice", "wonderland");
    CHECK(bench.status(bench.authenticate(message, user)) == 403);
    bench.flow = phone_flow(0, "203.0.113.9:5060");
    CHECK(to("sip:3000@example.com").identity == Identity::trunk("carrier"));
    CHECK(to("sip:1000@example.com").identity == Identity::trunk("carrier"));
    bench.flow = phone_flow(7);  // TCP: another listener
    CHECK(bench.status(to("sip:1000@example.com")) == 0);
}

TEST_CASE(
    "a phone behind a trusted peer registers with its user's credentials; nobody else's guess bans the peer") {
    AccessPolicy policy;
    policy.domains = {"example.com"};
    policy.trusted = {{"edge", *IpPrefix::parse("203.0.113.0/24")}};
    AccountBench bench(policy);
    bench.flow = phone_flow(0, "203.0.113.9:5060");
    const auto enroll = [&](const char* password) {
        auto message = bench.register_request("<sip:a@10.0.0.9>");
        auto client = bench.client_of("alice", password);
        CHECK(bench.status(bench.check(message)) == 401);
        return bench.authenticate(message, client);
    };
    CHECK(enroll("wonderland").identity == Identity::user("alice", "example.com"));
    for (int n = 0; n < 19; ++n) CHECK(bench.status(enroll("x")) == 401);
    CHECK(bench.gatekeeper.take_guesses().empty());
    CHECK(bench.check(invite()).identity == Identity::trunk("edge"));
    // Users' passwords are guessed no oftener through it than from anywhere else.
    const auto guess_at = [&](int user) {
        auto message = AccountBench::request(Method::register_, "sip:example.com",
                                             ("<sip:user" + std::to_string(user) + "@example.com>").c_str());
        auto wrong = bench.client_of(("user" + std::to_string(user)).c_str(), "1234");
        bench.authenticate(message, wrong);
    };
    for (int user = 0; user < 100; ++user) guess_at(user);
    auto newcomer = AccountBench::request(Method::register_, "sip:example.com", "<sip:bob@example.com>");
    auto bob = bench.client_of("bob", "builder");
    CHECK(bench.status(bench.authenticate(newcomer, bob)) == 401);
    CHECK_FALSE(enroll("wonderland").refused);  // who was right there before
}

TEST_CASE("a trunk is known by the certificate it shows, from wherever it comes, over TLS alone") {
    AccessPolicy policy;
    policy.access = Access::trunk;
    policy.trusted = {{"carrier", {}, "sip.carrier.example"}};
    AccountBench bench(policy);
    const auto call =
        AccountBench::request(Method::invite, "sip:1000@192.0.2.1", "<sip:x@elsewhere.org>;tag=1");
    bench.flow = phone_flow(7, "203.0.113.9:5061");
    bench.flow.transport = sip::Transport::tls;
    CHECK(bench.status(bench.check(call)) == 401);
    bench.flow.domain = "sip.other.example";
    CHECK(bench.status(bench.check(call)) == 401);
    bench.flow.domain = "SIP.carrier.example";
    CHECK(bench.check(call).identity == Identity::trunk("carrier"));
    // A name that somebody should prove is no proof where nothing is proved.
    bench.flow.transport = sip::Transport::tcp;
    CHECK(bench.status(bench.check(call)) == 401);
}

TEST_CASE(
    "local: whoever is in our networks needs nothing, from elsewhere credentials, a trunk or a public room") {
    AccessPolicy policy;
    policy.access = Access::local;
    policy.local_net = {*IpPrefix::parse("10.0.0.0/8"), *IpPrefix::parse("127.0.0.0/8")};
    policy.rooms = {{"2000", Access::anyone}};
    policy.trusted = {{"carrier", *IpPrefix::parse("203.0.113.0/24")}};
    AccountBench bench(policy);
    const auto from = [&](const char* source, const char* uri, Method method = Method::invite) {
        bench.flow = phone_flow(0, source);
        return bench.status(bench.check(AccountBench::request(method, uri, "<sip:x@elsewhere.org>;tag=1")));
    };
    CHECK(from("10.1.2.3:5060", "sip:1000@example.com") == 0);
    CHECK(from("127.0.0.1:5060", "sip:1000@example.com") == 0);
    CHECK(from("198.51.100.1:5060", "sip:1000@example.com") == 401);
    CHECK(from("198.51.100.1:5060", "sip:2000@example.com") == 0);
    CHECK(from("203.0.113.7:5060", "sip:1000@example.com") == 0);
    // Whether we are there at all anybody may ask, who is here nobody.
    CHECK(from("198.51.100.1:5060", "sip:example.com", Method::options) == 0);
    CHECK(from("198.51.100.1:5060", "sip:1000@example.com", Method::options) == 401);
    auto client = bench.client_of("alice", "wonderland");
    auto message =
        AccountBench::request(Method::invite, "sip:1000@example.com", "<sip:x@elsewhere.org>;tag=1");
    CHECK_FALSE(bench.authenticate(message, client).refused);
}

TEST_CASE("a listener's lists: nobody of deny, and where there is an allow only who is in it") {
    AccessPolicy policy;
    const Endpoint listener = *Endpoint::parse("0.0.0.0:5060");
    policy.listeners = {{sip::Transport::udp, listener, {}, {}, {*IpPrefix::parse("198.51.100.0/24")}},
                        {sip::Transport::tcp,
                         listener,
                         {},
                         {*IpPrefix::parse("10.0.0.0/8")},
                         {*IpPrefix::parse("10.9.0.0/16")}}};
    const auto listed = [&](sip::Transport transport, const char* source) {
        sip::Flow flow = phone_flow(0, source);
        flow.transport = transport;
        flow.local.port = 5060;
        return is_listed(policy, flow);
    };
    CHECK(listed(sip::Transport::udp, "192.0.2.1:4000"));
    CHECK_FALSE(listed(sip::Transport::udp, "198.51.100.7:4000"));
    CHECK(listed(sip::Transport::tcp, "10.1.1.1:4000"));
    CHECK_FALSE(listed(sip::Transport::tcp, "10.9.1.1:4000"));
    CHECK_FALSE(listed(sip::Transport::tcp, "192.0.2.1:4000"));
    CHECK(listed(sip::Transport::tls, "192.0.2.1:4000"));
}

TEST_CASE("wrong credentials are told, with where they came from; the first challenge is none") {
    AccountBench bench;
    auto message = invite(), again = invite();
    auto wrong = bench.client_of("alice", "x"), right = bench.client_of("alice", "wonderland");
    bench.authenticate(again, right);
    CHECK(bench.gatekeeper.take_guesses().empty());
    bench.authenticate(message, wrong);
    const auto told = bench.gatekeeper.take_guesses();
    REQUIRE(told.size() == 1);
    CHECK(told[0].remote == bench.flow.remote);
    CHECK(bench.gatekeeper.take_guesses().empty());
}

TEST_CASE("credentials for a challenge that went elsewhere are not weighed: right or wrong, they are stale") {
    AccountBench bench;
    const auto is_stale = [](const sip::GuardVerdict& verdict) {
        REQUIRE(AccountBench::status(verdict) == 401);
        const auto challenge = verdict.refused->response.header(HeaderId::www_authenticate);
        return sip::DigestChallenge::parse(*challenge)->stale;
    };
    for (const char* password : {"wonderland", "x"}) {
        bench.flow = phone_flow();
        auto client = bench.client_of("alice", password);
        auto message = invite();
        REQUIRE(client.retry(message, bench.check(message).refused->response));
        client.authorize(message, bench.random);
        bench.flow = phone_flow(0, "203.0.113.9:5060");
        CHECK(is_stale(bench.check(message)));
        // Nor does the address the challenge did not go to vouch for anybody.
        const auto sent = *message.header(HeaderId::authorization);
        CHECK_FALSE(bench.gatekeeper.has_challenged(sent, bench.flow.remote.address, bench.now));
        CHECK(bench.gatekeeper.has_challenged(sent, phone_flow().remote.address, bench.now));
        CHECK(bench.gatekeeper.has_challenged(sent, phone_flow().remote.address, bench.now + 119min));
        CHECK_FALSE(bench.gatekeeper.has_challenged(sent, phone_flow().remote.address, bench.now + 121min));
        CHECK(bench.gatekeeper.take_guesses().empty());
    }
    // Nor is one that nobody gave to anybody.
    auto made_up = invite();
    made_up.set(
        HeaderId::authorization,
        R"(Digest username="alice", realm="example.com", nonce="n", uri="sip:1000@example.com", qop=auth, )"
        R"(nc=00000001, cnonce="c", response="00000000000000000000000000000000", algorithm=MD5)");
    CHECK(is_stale(bench.check(made_up)));
}

TEST_CASE("a phone whose NAT gives it another address goes on with the challenge that follows") {
    AccountBench bench;
    auto client = bench.client_of("alice", "wonderland");
    auto message = invite();
    REQUIRE_FALSE(bench.authenticate(message, client).refused);
    for (const char* address : {"198.51.100.7:9999", "203.0.113.9:5060", "198.51.100.7:5060"}) {
        bench.flow = phone_flow(0, address);
        CHECK_FALSE(bench.authenticate(message, client).refused);
    }
}

TEST_CASE("a guess is counted for its user, whatever it leaves out") {
    AccountBench bench;
    const auto is_right_heard = [&] {
        auto message = invite();
        auto right = bench.client_of("alice", "wonderland");
        return !bench.authenticate(message, right).refused;
    };
    for (int n = 0; n < 50; ++n) {
        auto message = invite();
        auto wrong = bench.client_of("alice", "x");
        REQUIRE(wrong.retry(message, bench.check(message).refused->response));
        wrong.authorize(message, bench.random);
        auto guess = *sip::DigestAuthorization::parse(*message.header(HeaderId::authorization));
        guess.opaque.clear();
        message.set(HeaderId::authorization, guess.to_string());
        bench.check(message);
        CHECK(bench.gatekeeper.take_guesses().size() == 1);  // and so is the guesser banned
    }
    CHECK_FALSE(is_right_heard());
    bench.now += 2s;
    CHECK(is_right_heard());
}

TEST_CASE("one address that guesses without end keeps a user from proving himself nowhere else") {
    struct Row {
        int guesses_a_second, seconds;
    };
    for (const Row& row : {Row{1, 600}, Row{50, 20}}) {  // the first is never banned
        CAPTURE(row.guesses_a_second);
        AccountBench bench;
        for (int second = 0; second < row.seconds; ++second, bench.now += 1s)
            for (int guess = 0; guess < row.guesses_a_second; ++guess) {
                auto message = invite();
                auto wrong = bench.client_of("alice", "x");
                bench.authenticate(message, wrong);
            }
        bench.flow = phone_flow(0, "203.0.113.9:5060");
        auto message = invite();
        auto right = bench.client_of("alice", "wonderland");
        CHECK_FALSE(bench.authenticate(message, right).refused);
    }
}

TEST_CASE(
    "a password is guessed so often and no more, from however many addresses; who was right before still "
    "is") {
    AccountBench bench;
    auto right = bench.client_of("alice", "wonderland");
    auto first = invite();
    CHECK_FALSE(bench.authenticate(first, right).refused);
    const auto guess = [&](int n) {
        bench.flow = phone_flow(0, ("203.0.113." + std::to_string(n % 200 + 1) + ":5060").c_str());
        auto message = invite();
        auto wrong = bench.client_of("alice", "x");
        bench.authenticate(message, wrong);
        return !bench.gatekeeper.take_guesses().empty();  // nobody pays for others' guesses
    };
    int looked_at = 0;
    for (int n = 0; n < 300; ++n) looked_at += guess(n) ? 1 : 0;
    CHECK(looked_at == 100);
    // From somewhere new not even the right one counts now, from where she was it does; and after a while.
    const auto call_from = [&](const char* address) {
        bench.flow = phone_flow(0, address);
        auto message = invite();
        auto client = bench.client_of("alice", "wonderland");
        return !bench.authenticate(message, client).refused;
    };
    CHECK_FALSE(call_from("192.0.2.99:5060"));
    CHECK(bench.gatekeeper.take_guesses().empty());
    CHECK(call_from("198.51.100.7:6060"));
    bench.now += 10s;
    CHECK(call_from("192.0.2.99:5060"));
}

TEST_CASE("one address guesses at so many users and no more; who was right there still is") {
    AccountBench bench;
    const auto call_as = [&](const std::string& user, const char* password) {
        auto message = invite(("<sip:" + user + "@example.com>;tag=1").c_str());
        auto client = bench.client_of(user.c_str(), password);
        return !bench.authenticate(message, client).refused;
    };
    REQUIRE(call_as("alice", "wonderland"));
    std::size_t looked_at = 0;
    const auto guess_all = [&](int each) {
        for (int n = 0; n < each * 500; ++n) {
            // A call proves as many ports as he likes, and so no ban of one ends it.
            bench.flow.remote.port = static_cast<std::uint16_t>(1024 + n % 1000);
            CHECK_FALSE(call_as("user" + std::to_string(n % 500), "1234"));
            looked_at += bench.gatekeeper.take_guesses().size();
        }
    };
    guess_all(2);
    CHECK(looked_at == 100);
    bench.now += 10s;
    guess_all(1);
    CHECK(looked_at == 110);
    CHECK(call_as("alice", "wonderland"));
    CHECK_FALSE(call_as("bob", "builder"));
    CHECK(bench.gatekeeper.take_guesses().empty());  // nobody is banned for a neighbour
    bench.now += 1s;
    CHECK(call_as("bob", "builder"));
    guess_all(1);
    bench.flow = phone_flow(0, "203.0.113.9:5060");
    CHECK(call_as("alice", "wonderland"));
}

TEST_CASE("names as long as a message may have them take no more memory than others") {
    AccountBench bench;
    const std::size_t before = mallinfo2().uordblks;
    UserLimits limits({}, KeyedHash(1, 2));
    for (int n = 0; n < 1000; ++n) {
        const std::string user = std::to_string(n) + std::string(8000, 'x');
        const IpAddress from = IpAddress::v4(0x0a000000u + static_cast<std::uint32_t>(n));
        limits.on_wrong(user, from, bench.now);
        limits.on_right(user, from, bench.now);
    }
    CHECK(mallinfo2().uordblks - before < 2'000'000);  // the names alone are eight of them
}

TEST_CASE("one user has so many calls open that nobody has acknowledged") {
    AccountBench bench;
    int refused = 0;
    for (int n = 0; n < 600; ++n) {
        auto message = invite();
        auto client = bench.client_of("alice", "wonderland");
        const auto verdict = bench.authenticate(message, client);
        refused += verdict.refused ? 1 : 0;
        if (verdict.refused) CHECK(bench.status(verdict) == 503);
    }
    CHECK(refused == 600 - 350);
    bench.gatekeeper.on_call_stands("alice");
    auto message = invite();
    auto client = bench.client_of("alice", "wonderland");
    CHECK_FALSE(bench.authenticate(message, client).refused);
}

TEST_CASE("one user makes so many requests outside calls, from however many phones, and calls all the same") {
    AccountBench bench({.domains = {"example.com"}}, {.realm = "example.com", .limits = {.requests = 50}});
    int refused = 0;
    for (int n = 0; n < 60; ++n) {
        bench.flow = phone_flow(0, ("203.0.113." + std::to_string(n + 1) + ":5060").c_str());
        auto message =
            AccountBench::request(Method::message, "sip:1000@example.com", "<sip:alice@example.com>;tag=1");
        auto client = bench.client_of("alice", "wonderland");
        const auto verdict = bench.authenticate(message, client);
        if (!verdict.refused) continue;
        ++refused;
        CHECK(bench.status(verdict) == 503);
        CHECK(verdict.refused->response.header(HeaderId::retry_after));
    }
    CHECK(refused == 10);
    const auto passes = [&](SipMessage message, const char* user, const char* password) {
        auto client = bench.client_of(user, password);
        return !bench.authenticate(message, client).refused;
    };
    CHECK(passes(invite(), "alice", "wonderland"));
    const auto of_bob =
        AccountBench::request(Method::message, "sip:1000@example.com", "<sip:bob@example.com>;tag=1");
    CHECK(passes(of_bob, "bob", "builder"));
    bench.now += 1s;  // 200 are forgotten
    CHECK(passes(bench.register_request(""), "alice", "wonderland"));
}

TEST_CASE("without domains the address that was dialled is ours, once there are users") {
    AccountBench bench(AccessPolicy{});
    const auto message =
        AccountBench::request(Method::invite, "sip:1000@192.0.2.1", "<sip:alice@192.0.2.1>;tag=1");
    CHECK(bench.status(bench.check(message)) == 401);
    bench.users = UserTable{};
    CHECK(bench.status(bench.check(message)) == 0);
}

TEST_CASE("a request inside a call is its opener's, whatever it carries") {
    AccountBench bench;
    const Identity opener = Identity::user("bob", "example.com");
    CHECK(bench.check(invite(), &opener).identity == opener);
}
TEST_CASE("our domain is ours in every spelling, and so are all our addresses where none is configured") {
    AccountBench named;
    CHECK(named.status(named.check(invite("<sip:alice@Example.COM.>;tag=1"))) == 401);
    AccountBench unnamed({.addresses = {*IpAddress::parse("203.0.113.1")}});
    for (const char* ours : {"192.0.2.1", "203.0.113.1", "[::ffff:203.0.113.1]"}) {
        const std::string from = std::string("<sip:alice@") + ours + ">;tag=1";
        CHECK(unnamed.status(unnamed.check(invite(from.c_str()))) == 401);
    }
    CHECK(unnamed.status(unnamed.check(invite("<sip:alice@203.0.113.2>;tag=1"))) == 0);
}

TEST_CASE("an address this host gets while it serves is ours from then on") {
    bool there = false;
    AccountBench bench({.is_host_address = [&there](const IpAddress& address) {
        return there && address == *IpAddress::parse("203.0.113.9");
    }});
    CHECK(bench.status(bench.check(invite("<sip:alice@203.0.113.9>;tag=1"))) == 0);
    there = true;
    CHECK(bench.status(bench.check(invite("<sip:alice@203.0.113.9>;tag=1"))) == 401);
    CHECK(bench.status(bench.check(invite("<sip:alice@203.0.113.8>;tag=1"))) == 0);
}

}  // namespace
}  // namespace rotunda::accounts
