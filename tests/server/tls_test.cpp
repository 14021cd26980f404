// TLS without sockets: two sessions that hand each other their octets.
#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "server/tls_context.hpp"
#include "server/tls_session.hpp"
#include "tests/test_data.hpp"

using namespace rotunda;
using namespace rotunda::server;
using State = TlsSession::State;

namespace {

const std::string folder = test_data("tls/");

Config::Tls serving(std::vector<std::string> names, TlsClientCheck check = TlsClientCheck::none) {
    Config::Tls settings;
    for (const std::string& name : names) {
        settings.certificate.push_back(folder + name + ".pem");
        settings.private_key.push_back(folder + name + ".key");
    }
    settings.ca = folder + "ca.pem";
    settings.verify_client = check;
    return settings;
}

std::unique_ptr<TlsContext> context(const Config::Tls& settings, bool serves = true) {
    auto loaded = TlsContext::load(settings, serves);
    REQUIRE_MESSAGE(loaded.ok(), (loaded.ok() ? "" : loaded.error().message));
    return std::move(*loaded);
}

struct Pair {
    Pair(const TlsContext& serves, const TlsContext& calls, const std::string& domain)
        : server(TlsSession::as_server(serves)), client(TlsSession::as_client(calls, domain)) {}

    // True if what the client sent before the handshake has arrived.
    bool connect() {
        client->send("hello", to_server);
        client->start(to_server);
        for (int i = 0; i < 10; ++i) pump();
        return at_server == "hello";
    }
    void pump() {
        const std::string there = std::exchange(to_server, {});
        if (!there.empty() && server_state == State::open)
            server_state = server->receive(there, at_server, to_client);
        const std::string back = std::exchange(to_client, {});
        if (!back.empty() && client_state == State::open)
            client_state = client->receive(back, at_client, to_server);
    }

    std::unique_ptr<TlsSession> server, client;
    State server_state = State::open, client_state = State::open;
    std::string to_server, to_client, at_server, at_client;
};

bool connects(const TlsContext& serves, const TlsContext& calls, const std::string& domain) {
    Pair pair(serves, calls, domain);
    return pair.connect();
}

// A client of OpenSSL's own, which keeps its session as a browser does.
class Returning {
  public:
    Returning() : context_(SSL_CTX_new(TLS_client_method())) {
        SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_set_app_data(context_, this);
        SSL_CTX_sess_set_new_cb(context_, [](SSL* ssl, SSL_SESSION* session) {
            auto* self = static_cast<Returning*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
            SSL_SESSION_free(std::exchange(self->session_, session));
            return 1;
        });
    }
    ~Returning() {
        SSL_SESSION_free(session_);
        SSL_CTX_free(context_);
    }
    void limit(int version) { SSL_CTX_set_max_proto_version(context_, version); }

    enum class Visit { failed, fresh, resumed };
    Visit visit(const TlsContext& serves) {
        SSL* ssl = SSL_new(context_);
        BIO* in = BIO_new(BIO_s_mem());
        BIO* out = BIO_new(BIO_s_mem());
        SSL_set_bio(ssl, in, out);
        SSL_set_connect_state(ssl);
        if (session_) SSL_set_session(ssl, session_);
        const auto server = TlsSession::as_server(serves);
        std::string plain;
        State state = State::open;
        for (int turn = 0; turn < 5 && state == State::open; ++turn) {
            char bytes[4096];
            SSL_read(ssl, bytes, sizeof bytes);
            std::string there, back;
            for (int n = BIO_read(out, bytes, sizeof bytes); n > 0; n = BIO_read(out, bytes, sizeof bytes))
                there.append(bytes, static_cast<std::size_t>(n));
            if (!there.empty()) state = server->receive(there, plain, back);
            BIO_write(in, back.data(), static_cast<int>(back.size()));
        }
        Visit result = SSL_session_reused(ssl) ? Visit::resumed : Visit::fresh;
        if (!SSL_is_init_finished(ssl) || state != State::open) result = Visit::failed;
        SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN);  // else the session counts as broken
        SSL_free(ssl);
        return result;
    }

  private:
    SSL_CTX* context_;
    SSL_SESSION* session_ = nullptr;
};

}  // namespace

TEST_CASE("a client that comes back resumes its session, also where certificates are asked for") {
    for (const TlsClientCheck check : {TlsClientCheck::none, TlsClientCheck::optional})
        for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
            CAPTURE(version);
            const auto serves = context(serving({"host"}, check));
            Returning client;
            client.limit(version);
            CHECK(client.visit(*serves) == Returning::Visit::fresh);
            CHECK(client.visit(*serves) == Returning::Visit::resumed);
        }
}

TEST_CASE("what is sent before the handshake arrives after it, and large messages come whole") {
    const auto serves = context(serving({"host"})), calls = context(serving({}), false);
    Pair pair(*serves, *calls, "sip.example.com");
    CHECK(pair.connect());
    CHECK(pair.client->waiting() == 0);
    const std::string large(100'000, 'x');
    CHECK(pair.server->send(large, pair.to_client) == State::open);
    CHECK(pair.to_client.find("xxxx") == std::string::npos);
    pair.pump();
    CHECK(pair.at_client == large);
}

TEST_CASE(
    "a peer is who its certificate says: DNS name, address, SIP URI before DNS name, never a wildcard") {
    const auto calls = context(serving({}), false);
    const auto host = context(serving({"host"})), domain = context(serving({"domain"})),
               wildcard = context(serving({"wildcard"}));
    CHECK(connects(*host, *calls, "sip.example.com"));
    CHECK(connects(*host, *calls, "SIP.Example.COM"));
    CHECK(connects(*host, *calls, "127.0.0.1"));
    CHECK_FALSE(connects(*host, *calls, "example.com"));
    CHECK_FALSE(connects(*host, *calls, "127.0.0.2"));
    CHECK(connects(*domain, *calls, "example.com"));
    CHECK_FALSE(connects(*domain, *calls, "other.example.com"));
    CHECK_FALSE(connects(*wildcard, *calls, "sip.example.net"));
}

TEST_CASE("a certificate nobody vouches for is refused by a client, and made where none is given") {
    const auto serves = context(Config::Tls{}), calls = context(serving({}), false);
    CHECK(serves->self_signed());
    CHECK_FALSE(calls->self_signed());
    Pair pair(*serves, *calls, "sip.example.com");
    CHECK_FALSE(pair.connect());
    CHECK(pair.client_state == State::failed);
}

TEST_CASE("the name the client asks for chooses among several certificates") {
    const auto calls = context(serving({}), false);
    const auto serves = context(serving({"domain", "host"}));
    CHECK(connects(*serves, *calls, "sip.example.com"));
    CHECK(connects(*serves, *calls, "example.com"));
}

TEST_CASE("clients need no certificate, may show one, or must have one") {
    const auto with = context(serving({"host"}), false), without = context(serving({}), false);
    for (const TlsClientCheck check :
         {TlsClientCheck::none, TlsClientCheck::optional, TlsClientCheck::required}) {
        const auto serves = context(serving({"host"}, check));
        CHECK(connects(*serves, *with, "sip.example.com"));
        CHECK(connects(*serves, *without, "sip.example.com") == (check != TlsClientCheck::required));
    }
}

TEST_CASE("a client whose certificate we cannot verify is let in as nobody where none is needed") {
    const auto with = context(serving({"host"}), false);
    Config::Tls foreign = serving({"host"}, TlsClientCheck::optional);
    foreign.ca = folder + "wildcard.pem";  // not who signed his
    const auto serves = context(foreign);
    Pair pair(*serves, *with, "sip.example.com");
    REQUIRE(pair.connect());
    CHECK_FALSE(pair.server->is_peer("sip.example.com"));
    foreign.verify_client = TlsClientCheck::required;
    CHECK_FALSE(connects(*context(foreign), *with, "sip.example.com"));
}

TEST_CASE("a proxy may show the certificate it serves with, though it is for servers alone") {
    const auto proxy = context(serving({"server_only"}), false);
    for (const TlsClientCheck check : {TlsClientCheck::optional, TlsClientCheck::required}) {
        Config::Tls settings = serving({"host"}, check);
        settings.ca = folder + "server_only.pem";
        const auto serves = context(settings);
        Pair pair(*serves, *proxy, "sip.example.com");
        REQUIRE(pair.connect());
        CHECK(pair.server->is_peer("proxy.example.org"));
    }
}

TEST_CASE("who shows a certificate for mail is nobody, whatever name it bears") {
    const auto mailer = context(serving({"mail"}), false);
    Config::Tls settings = serving({"host"}, TlsClientCheck::optional);
    settings.ca = folder + "mail.pem";
    const auto serves = context(settings);
    Pair pair(*serves, *mailer, "sip.example.com");
    REQUIRE(pair.connect());
    CHECK_FALSE(pair.server->is_peer("proxy.example.org"));
}

TEST_CASE("a client is whom its certificate names, once the handshake is over, and nobody without one") {
    const auto with = context(serving({"host"}), false), without = context(serving({}), false);
    const auto serves = context(serving({"host"}, TlsClientCheck::optional));
    Pair shown(*serves, *with, "sip.example.com"), unknown(*serves, *without, "sip.example.com");
    CHECK_FALSE(shown.server->is_peer("sip.example.com"));
    REQUIRE(shown.connect());
    REQUIRE(unknown.connect());
    CHECK(shown.server->is_peer("sip.example.com"));
    CHECK_FALSE(shown.server->is_peer("example.com"));
    CHECK_FALSE(unknown.server->is_peer("sip.example.com"));
    const auto unasked = context(serving({"host"}));
    Pair silent(*unasked, *with, "sip.example.com");
    REQUIRE(silent.connect());
    CHECK_FALSE(silent.server->is_peer("sip.example.com"));
}

namespace {

// A client of one TLS version that also offers a protocol by ALPN. True if the handshake succeeds; `protocol`
// is what the server chose.
bool connects_with(const TlsContext& serves, int version, std::string& protocol) {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                    SSL_CTX_free);
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    SSL_CTX_set_cipher_list(context.get(), "ALL:@SECLEVEL=0");  // else nothing old is even offered
    const std::unique_ptr<SSL, decltype(&SSL_free)> client(SSL_new(context.get()), SSL_free);
    SSL_set_alpn_protos(client.get(), reinterpret_cast<const unsigned char*>("\x03sip"), 4);
    SSL_set_connect_state(client.get());
    BIO* const in = BIO_new(BIO_s_mem());
    BIO* const out = BIO_new(BIO_s_mem());
    SSL_set_bio(client.get(), in, out);
    const auto server = TlsSession::as_server(serves);
    State state = State::open;
    for (int i = 0; i < 10 && state == State::open; ++i) {
        SSL_do_handshake(client.get());
        char* bytes = nullptr;
        const long size = BIO_get_mem_data(out, &bytes);
        std::string wire, plain;
        if (size > 0) state = server->receive({bytes, static_cast<std::size_t>(size)}, plain, wire);
        (void)BIO_reset(out);
        BIO_write(in, wire.data(), static_cast<int>(wire.size()));
    }
    const unsigned char* chosen = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(client.get(), &chosen, &length);
    protocol.assign(reinterpret_cast<const char*>(chosen), length);
    return state == State::open && SSL_is_init_finished(client.get()) == 1;
}

}  // namespace

TEST_CASE("TLS 1.2 and 1.3 are spoken and nothing older; who offers ALPN is served without") {
    const auto serves = context(serving({"host"}));
    std::string protocol;
    CHECK_FALSE(connects_with(*serves, TLS1_VERSION, protocol));
    CHECK_FALSE(connects_with(*serves, TLS1_1_VERSION, protocol));
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CHECK(connects_with(*serves, version, protocol));
        CHECK(protocol.empty());
    }
}

TEST_CASE("octets that are no TLS end the session") {
    const auto serves = context(serving({"host"}));
    auto server = TlsSession::as_server(*serves);
    std::string plain, wire;
    CHECK(server->receive("OPTIONS sip:1000@127.0.0.1 SIP/2.0\r\n\r\n", plain, wire) == State::failed);
    CHECK(plain.empty());
}

TEST_CASE("a certificate that changes is taken up, one that is broken is not") {
    const auto place =
        std::filesystem::temp_directory_path() /
        ("rotunda-tls-" + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()));
    std::filesystem::create_directory(place);
    const auto install = [&](const std::string& name) {
        for (const char* kind : {".pem", ".key"})
            std::filesystem::copy_file(folder + name + kind, place / ("our" + std::string(kind)),
                                       std::filesystem::copy_options::overwrite_existing);
    };
    install("host");
    Config::Tls settings = serving({});
    settings.certificate = {place / "our.pem"};
    settings.private_key = {place / "our.key"};
    const auto serves = context(settings), calls = context(serving({}), false);
    CHECK_FALSE(*serves->reload_if_changed());
    install("domain");
    const auto changed = serves->reload_if_changed();
    REQUIRE(changed.ok());
    CHECK(*changed);
    CHECK(connects(*serves, *calls, "example.com"));
    CHECK_FALSE(connects(*serves, *calls, "sip.example.com"));
    std::ofstream(place / "our.pem") << "half a file";
    CHECK_FALSE(serves->reload_if_changed().ok());
    CHECK_FALSE(*serves->reload_if_changed());  // said once
    CHECK(connects(*serves, *calls, "example.com"));
    // To who asks for a reload it is said each time.
    CHECK_FALSE(serves->use(settings).ok());
    CHECK_FALSE(serves->use(settings).ok());
    install("host");
    CHECK(*serves->use(settings));
    CHECK_FALSE(*serves->use(settings));
    CHECK(connects(*serves, *calls, "sip.example.com"));
    std::filesystem::remove_all(place);
}

TEST_CASE("what is mended without another size or time of the files, as by chmod, is taken up too") {
    const auto place =
        std::filesystem::temp_directory_path() /
        ("rotunda-tls-" + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()));
    std::filesystem::create_directory(place);
    Config::Tls settings = serving({});
    settings.certificate = {place / "our.pem"};
    settings.private_key = {place / "our.key"};
    const auto copy = [&](const std::string& name) {
        std::filesystem::copy_file(folder + name + ".pem", place / "our.pem",
                                   std::filesystem::copy_options::overwrite_existing);
        std::filesystem::copy_file(folder + name + ".key", place / "our.key",
                                   std::filesystem::copy_options::overwrite_existing);
    };
    copy("host");
    const auto serves = context(settings), calls = context(serving({}), false);
    // Root may read everything, so another content of the same size and time stands for the permission.
    copy("domain");
    const auto when = std::filesystem::last_write_time(place / "our.key");
    std::ofstream(place / "our.key") << std::string(std::filesystem::file_size(folder + "domain.key"), '?');
    std::filesystem::last_write_time(place / "our.key", when);
    CHECK_FALSE(serves->reload_if_changed().ok());
    copy("domain");
    std::filesystem::last_write_time(place / "our.key", when);
    const auto mended = serves->reload_if_changed();
    REQUIRE(mended.ok());
    CHECK(*mended);
    CHECK(connects(*serves, *calls, "example.com"));
    CHECK_FALSE(*serves->reload_if_changed());
    std::filesystem::remove_all(place);
}

TEST_CASE("settings that do not fit together are one line for the operator") {
    Config::Tls missing = serving({"host"});
    missing.private_key.clear();
    Config::Tls absent = serving({"nothing"});
    for (const Config::Tls& settings : {missing, absent}) {
        const auto loaded = TlsContext::load(settings, true);
        REQUIRE_FALSE(loaded.ok());
        CHECK(loaded.error().message.starts_with("sip.tls"));
        if (!settings.private_key.empty())
            CHECK(loaded.error().message.ends_with("No such file or directory"));
        CHECK(loaded.error().message.find('\n') == std::string::npos);
    }
}

TEST_CASE("it is known when the first certificate ends, and that there is none") {
    const auto one = TlsContext::load(serving({"host"}), true);
    REQUIRE(one.ok());
    REQUIRE((*one)->expires());
    CHECK(*(*one)->expires() > WallTime(std::chrono::hours(24 * 365 * 50)));  // 2020 or later
    const auto none = TlsContext::load({}, false);
    REQUIRE(none.ok());
    CHECK(!(*none)->expires());
}
