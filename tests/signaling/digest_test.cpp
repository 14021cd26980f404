// Digest: the published vectors, the header fields, and the client's answers.
#include "signaling/digest.hpp"

#include <doctest/doctest.h>

#include "signaling/digest_client.hpp"

namespace rotunda::sip {
namespace {

struct Vector {
    const char* source;
    DigestAlgorithm algorithm;
    const char *user, *realm, *password;
    DigestInput input;
    const char* response;
};

constexpr const char* rfc7616_nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
constexpr const char* rfc7616_cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
constexpr const char* sip_nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";

const Vector vectors[] = {
    {"RFC 2617 §3.5",
     DigestAlgorithm::md5,
     "Mufasa",
     "testrealm@host.com",
     "Circle Of Life",
     {"GET", "/dir/index.html", sip_nonce, "00000001", "0a4f113b"},
     "6629fae49393a05397450978507c4ef1"},
    {"RFC 7616 §3.9.1",
     DigestAlgorithm::md5,
     "Mufasa",
     "http-auth@example.org",
     "Circle of Life",
     {"GET", "/dir/index.html", rfc7616_nonce, "00000001", rfc7616_cnonce},
     "8ca523f5e9506fed4657c9700eebdbec"},
    {"RFC 7616 §3.9.1",
     DigestAlgorithm::sha256,
     "Mufasa",
     "http-auth@example.org",
     "Circle of Life",
     {"GET", "/dir/index.html", rfc7616_nonce, "00000001", rfc7616_cnonce},
     "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
    {"RFC 7616 §3.9.2 with its erratum",
     DigestAlgorithm::sha512_256,
     "J\xC3\xA4s\xC3\xB8n Doe",
     "api@example.org",
     "Secret, or not?",
     {"GET", "/doe.json", "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", "00000001",
      "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v"},
     "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"},
    {"SIP without qop",
     DigestAlgorithm::md5,
     "bob",
     "biloxi.com",
     "zanzibar",
     {"INVITE", "sip:bob@biloxi.com", sip_nonce, {}, {}, false},
     "bf57e4e0d0bffc0fbaedce64d59add5e"},
    {"SIP",
     DigestAlgorithm::md5,
     "bob",
     "biloxi.com",
     "zanzibar",
     {"INVITE", "sip:bob@biloxi.com", sip_nonce, "00000001", "0a4f113b"},
     "89eb0059246c02b2f6ee02c7961d5ea3"},
    {"SIP, RFC 8760",
     DigestAlgorithm::sha256,
     "bob",
     "biloxi.com",
     "zanzibar",
     {"INVITE", "sip:bob@biloxi.com", sip_nonce, "00000001", "0a4f113b"},
     "b3b5a6c69453abafaab9ae4dccdac90a076b6c80615d5f3498e7433b6e93bf4f"},
    {"SIP, RFC 8760",
     DigestAlgorithm::sha512_256,
     "bob",
     "biloxi.com",
     "zanzibar",
     {"INVITE", "sip:bob@biloxi.com", sip_nonce, "00000001", "0a4f113b"},
     "7f1a09de0f19af0a1eac2b28d33e3f2fb89cca1ad8fb01bba5e1883b288bac14"},
};

TEST_CASE("digest responses are those of RFC 2617, RFC 7616 and RFC 8760") {
    for (const Vector& v : vectors) {
        CAPTURE(std::string(v.source));
        const std::string ha1 = digest_ha1(v.algorithm, v.user, v.realm, v.password);
        CHECK(ha1.size() == digest_hash_size(v.algorithm));
        CHECK(digest_response(v.algorithm, ha1, v.input) == v.response);
    }
}

TEST_CASE("algorithms are named without case, and no name means MD5") {
    CHECK(digest_algorithm("") == DigestAlgorithm::md5);
    CHECK(digest_algorithm("sha-256") == DigestAlgorithm::sha256);
    CHECK(digest_algorithm("SHA-512-256") == DigestAlgorithm::sha512_256);
    CHECK_FALSE(digest_algorithm("MD5-sess"));
    CHECK_FALSE(digest_algorithm("SHA-512"));
}

TEST_CASE("a challenge is read as servers write it") {
    const auto c = DigestChallenge::parse(
        "digest realm=\"a, \\\"b\\\"\",nonce=\"n=1\",, QOP=\"auth-int, auth\" , "
        "stale=TRUE,algorithm=sha-256,x=y");
    REQUIRE(c);
    CHECK(c->realm == "a, \"b\"");
    CHECK(c->nonce == "n=1");
    CHECK(c->stale);
    CHECK(c->offers_auth());
    CHECK(c->algorithm == DigestAlgorithm::sha256);
    const auto again = DigestChallenge::parse(c->to_string());
    REQUIRE(again);
    CHECK(again->realm == c->realm);
    CHECK(again->qop == c->qop);
    CHECK(again->stale);
}

TEST_CASE("what is no digest challenge or credentials is refused") {
    for (const char* text :
         {"", "Digest", "Digest ", "Basic realm=\"x\", nonce=\"y\"", "Digestrealm=\"x\",nonce=\"y\"",
          "Digest realm=\"x\"", "Digest realm=\"x, nonce=\"y\"", "Digest realm, nonce=\"y\"",
          "Digest realm=\"x\"z, nonce=\"y\"", "Digest re alm=\"x\", nonce=\"y\""}) {
        CAPTURE(text);
        CHECK_FALSE(DigestChallenge::parse(text));
    }
    CHECK_FALSE(DigestAuthorization::parse("Digest username=\"a\", realm=\"x\", nonce=\"y\", uri=\"sip:x\""));
    std::string many = "Digest realm=\"x\", nonce=\"y\"";
    for (int i = 0; i < 40; ++i) many += ", a=b";
    CHECK_FALSE(DigestChallenge::parse(many));
}

TEST_CASE("credentials keep every field through writing and reading") {
    DigestAuthorization a;
    a.username = "al\"ice";
    a.realm = "example.com";
    a.nonce = "n";
    a.uri = "sip:example.com";
    a.response = "00";
    a.algorithm = DigestAlgorithm::sha512_256;
    a.opaque = "o";
    a.qop = "auth";
    a.nc = "0000001f";
    a.cnonce = "c";
    const auto b = DigestAuthorization::parse(a.to_string());
    REQUIRE(b);
    CHECK(b->to_string() == a.to_string());
    CHECK(b->username == "al\"ice");
    CHECK(b->count() == 31);
    for (const char* nc : {"", "1", "0000000g", "000000001", "-0000001"}) {
        a.nc = nc;
        CHECK_FALSE(a.count());
    }
}

TEST_CASE("digests compare without case and only whole") {
    CHECK(same_digest("abCD", "ABcd"));
    CHECK_FALSE(same_digest("abcd", "abce"));
    CHECK_FALSE(same_digest("abcd", "abcde"));
    CHECK_FALSE(same_digest("", "a"));
}

// --- the client

struct ClientBench {
    SeededRandom random{7};
    DigestClient client{{{"bob", "zanzibar", "biloxi.com"}, {"bob2", "other", "elsewhere"}}};
    SipMessage request = SipMessage::request(Method::invite, *Uri::parse("sip:1000@biloxi.com"));

    // Sends the request and gets that answer.
    bool answered(int status, std::vector<std::string> challenges = {}) {
        client.authorize(request, random);
        SipMessage response = SipMessage::response_to(request, status);
        for (const std::string& c : challenges)
            response.add(status == 407 ? HeaderId::proxy_authenticate : HeaderId::www_authenticate, c);
        return client.retry(request, response);
    }
    std::optional<DigestAuthorization> sent(HeaderId id = HeaderId::authorization) {
        client.authorize(request, random);
        const auto value = request.header(id);
        return value ? DigestAuthorization::parse(*value) : std::nullopt;
    }
};

std::string challenge(const std::string& realm, const std::string& nonce, const std::string& extra = "") {
    return "Digest realm=\"" + realm + "\", nonce=\"" + nonce + "\", qop=\"auth\"" + extra;
}

TEST_CASE("the client answers a challenge with the credentials of its realm") {
    ClientBench bench;
    CHECK_FALSE(bench.sent());
    REQUIRE(bench.answered(401, {challenge("biloxi.com", "n1", ", opaque=\"o\"")}));
    const auto sent = bench.sent();
    REQUIRE(sent);
    CHECK(sent->username == "bob");
    CHECK(sent->uri == "sip:1000@biloxi.com");
    CHECK(sent->nc == "00000001");
    CHECK(sent->opaque == "o");
    const std::string ha1 = digest_ha1(DigestAlgorithm::md5, "bob", "biloxi.com", "zanzibar");
    CHECK(sent->response == digest_response(DigestAlgorithm::md5, ha1, sent->input("INVITE")));
}

TEST_CASE("of several algorithms the client takes the strongest, and leaves alone those it does not know") {
    ClientBench bench;
    REQUIRE(bench.answered(401,
                           {challenge("biloxi.com", "n1", ", algorithm=SHA-3"), challenge("biloxi.com", "n2"),
                            challenge("biloxi.com", "n3", ", algorithm=SHA-256"),
                            challenge("biloxi.com", "n4", ", algorithm=MD5")}));
    CHECK(bench.sent()->algorithm == DigestAlgorithm::sha256);
    CHECK(bench.sent()->nonce == "n3");
    CHECK(bench.request.values(HeaderId::authorization).size() == 1);
}

TEST_CASE("the client's count goes up with each request of one nonce") {
    ClientBench bench;
    REQUIRE(bench.answered(401, {challenge("biloxi.com", "n1")}));
    const auto first = bench.sent(), second = bench.sent();
    CHECK(second->nc == "00000002");
    CHECK(second->cnonce != first->cnonce);
    CHECK(second->response != first->response);
}

TEST_CASE("refused credentials are not sent again, a stale nonce is replaced") {
    ClientBench bench;
    REQUIRE(bench.answered(401, {challenge("biloxi.com", "n1")}));
    REQUIRE(bench.answered(401, {challenge("biloxi.com", "n2", ", stale=true")}));
    CHECK(bench.sent()->nonce == "n2");
    ClientBench wrong;
    REQUIRE(wrong.answered(401, {challenge("biloxi.com", "n1")}));
    CHECK_FALSE(wrong.answered(401, {challenge("biloxi.com", "n2")}));
    CHECK_FALSE(wrong.sent());
}

TEST_CASE("a nonce that had worked and grew old is replaced even where the server does not call it stale") {
    ClientBench bench;
    REQUIRE(bench.answered(401, {challenge("biloxi.com", "n1")}));
    CHECK_FALSE(bench.answered(200));
    CHECK(bench.answered(401, {challenge("biloxi.com", "n2")}));
    CHECK(bench.sent()->nonce == "n2");
    CHECK(bench.sent()->nc == "00000002");
}

TEST_CASE("so is one of a server of the old form, without qop, which counts nothing") {
    const char* first = "Digest realm=\"biloxi.com\", nonce=\"n1\"";
    const char* next = "Digest realm=\"biloxi.com\", nonce=\"n2\"";
    ClientBench bench;
    REQUIRE(bench.answered(401, {first}));
    CHECK_FALSE(bench.answered(200));
    CHECK(bench.answered(401, {next}));
    CHECK(bench.sent()->nonce == "n2");
    CHECK(bench.sent()->nc.empty());
    ClientBench wrong;
    REQUIRE(wrong.answered(401, {first}));
    CHECK_FALSE(wrong.answered(401, {next}));
    CHECK_FALSE(wrong.sent());
}

TEST_CASE("who asks again and again gets no more answers") {
    ClientBench bench;
    int answers = 0;
    while (answers < 100 && bench.answered(401, {challenge("biloxi.com", "n", ", stale=true")})) ++answers;
    CHECK(answers == 4);
}

TEST_CASE("a realm without credentials and a quality of protection we do not speak are not answered") {
    ClientBench bench;
    CHECK_FALSE(bench.answered(401, {challenge("nowhere", "n")}));
    CHECK_FALSE(bench.answered(401, {"Digest realm=\"biloxi.com\", nonce=\"n\", qop=\"auth-int\""}));
    CHECK_FALSE(bench.answered(401));
    CHECK_FALSE(bench.answered(403, {challenge("biloxi.com", "n")}));
}

TEST_CASE("a proxy and the server behind it are answered each in its own field") {
    ClientBench bench;
    REQUIRE(bench.answered(407, {challenge("elsewhere", "p")}));
    REQUIRE(bench.answered(401, {challenge("biloxi.com", "s")}));
    CHECK(bench.sent(HeaderId::authorization)->username == "bob");
    CHECK(bench.sent(HeaderId::proxy_authorization)->username == "bob2");
}

TEST_CASE("an old challenge without qop is answered in the old form") {
    ClientBench bench;
    REQUIRE(bench.answered(401, {"Digest realm=\"biloxi.com\", nonce=\"n\""}));
    const auto sent = bench.sent();
    CHECK(sent->qop.empty());
    CHECK(sent->nc.empty());
    const std::string ha1 = digest_ha1(DigestAlgorithm::md5, "bob", "biloxi.com", "zanzibar");
    CHECK(sent->response == digest_response(DigestAlgorithm::md5, ha1, sent->input("INVITE")));
}

TEST_CASE("nextnonce of Authentication-Info is taken") {
    ClientBench bench;
    REQUIRE(bench.answered(401, {challenge("biloxi.com", "n1")}));
    bench.client.authorize(bench.request, bench.random);
    SipMessage ok = SipMessage::response_to(bench.request, 200);
    ok.add(HeaderId::authentication_info,
           AuthenticationInfo{"n2", "auth", "00", "c", "00000001"}.to_string());
    CHECK_FALSE(bench.client.retry(bench.request, ok));
    CHECK(bench.sent()->nonce == "n2");
}

}  // namespace
}  // namespace rotunda::sip
