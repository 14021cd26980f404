#include "server/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <filesystem>
#include <utility>

#include "server/self_signed.hpp"

namespace rotunda::server {
namespace {

// The first one is the cause, "Permission denied"; the last would be that a library failed.
std::string first_error() {
    const unsigned long code = ERR_peek_error();
    ERR_clear_error();
    char text[200];
    ERR_error_string_n(code, text, sizeof text);
    return text;
}

// RFC 8996: nothing below 1.2. The buffers of an idle connection go back to the heap, and no session is kept.
void set_common(SSL_CTX* context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 1);
}

bool trust(SSL_CTX* context, const std::string& authorities) {
    if (authorities.empty()) return SSL_CTX_set_default_verify_paths(context) == 1;
    return SSL_CTX_load_verify_file(context, authorities.c_str()) == 1;
}

// A certificate is optional, and so is one that means something: phones show their maker's, which only he can
// verify. It makes nobody known (TlsSession::is_peer), and the handshake goes on.
int accept_any(int, X509_STORE_CTX*) {
    return 1;
}

int verify_mode(TlsClientCheck check) {
    switch (check) {
        case TlsClientCheck::none:
            return SSL_VERIFY_NONE;
        case TlsClientCheck::optional:
            return SSL_VERIFY_PEER;
        case TlsClientCheck::required:
            return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    }
    return SSL_VERIFY_NONE;
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const {
    SSL_CTX_free(context);
}

TlsContext::~TlsContext() = default;

Result<std::unique_ptr<TlsContext>> TlsContext::load(const Config::Tls& settings, bool serves) {
    std::unique_ptr<TlsContext> context(new TlsContext(settings));
    context->serves_ = serves;
    context->stamp_ = context->stamp();
    auto servers = context->load_servers();
    if (!servers) return fail(Error(servers.error()));
    auto client = context->load_client();
    if (!client) return fail(Error(client.error()));
    context->servers_ = std::move(*servers);
    context->client_ = std::move(*client);
    return context;
}

Result<std::vector<TlsContext::Context>> TlsContext::load_servers() {
    ERR_clear_error();  // some handshake's
    std::vector<Context> contexts;
    if (settings_.certificate.size() != settings_.private_key.size())
        return fail_with("sip.tls: as many of private_key as of certificate are needed");
    self_signed_ = serves_ && settings_.certificate.empty();
    const std::size_t count = self_signed_ ? 1 : settings_.certificate.size();
    for (std::size_t i = 0; i < count; ++i) {
        Context context(SSL_CTX_new(TLS_server_method()));
        if (!context) return fail_with("sip.tls: " + first_error());
        set_common(context.get());
        if (self_signed_) {
            if (!use_self_signed(context.get())) return fail_with("sip.tls: " + first_error());
        } else if (SSL_CTX_use_certificate_chain_file(context.get(), settings_.certificate[i].c_str()) != 1) {
            return fail_with("sip.tls.certificate: " + settings_.certificate[i] + ": " + first_error());
        } else if (SSL_CTX_use_PrivateKey_file(context.get(), settings_.private_key[i].c_str(),
                                               SSL_FILETYPE_PEM) != 1) {
            return fail_with("sip.tls.private_key: " + settings_.private_key[i] + ": " + first_error());
        }
        SSL_CTX_set_verify(context.get(), verify_mode(settings_.verify_client),
                           settings_.verify_client == TlsClientCheck::optional ? &accept_any : nullptr);
        // A proxy that calls us shows what it serves with, and public authorities sign that for servers
        // alone.
        SSL_CTX_set_purpose(context.get(), X509_PURPOSE_ANY);
        // Without a name for them OpenSSL refuses who resumes a session once certificates are asked for.
        constexpr std::string_view sessions = "rotunda";
        SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>(sessions.data()),
                                       static_cast<unsigned>(sessions.size()));
        if (settings_.verify_client != TlsClientCheck::none && !trust(context.get(), settings_.ca))
            return fail_with("sip.tls.ca: " + settings_.ca + ": " + first_error());
        SSL_CTX_set_tlsext_servername_callback(context.get(), &TlsContext::choose_by_name);
        SSL_CTX_set_tlsext_servername_arg(context.get(), this);
        contexts.push_back(std::move(context));
    }
    return contexts;
}

Result<TlsContext::Context> TlsContext::load_client() const {
    Context context(SSL_CTX_new(TLS_client_method()));
    if (!context) return fail_with("sip.tls: " + first_error());
    set_common(context.get());
    // The chain is checked here, the name by the session (RFC 5922 knows other names than HTTP does).
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    if (!trust(context.get(), settings_.ca))
        return fail_with("sip.tls.ca: " + settings_.ca + ": " + first_error());
    // A peer that wants to know who calls is shown the certificate we serve with.
    if (!settings_.certificate.empty()) {
        SSL_CTX_use_certificate_chain_file(context.get(), settings_.certificate[0].c_str());
        SSL_CTX_use_PrivateKey_file(context.get(), settings_.private_key[0].c_str(), SSL_FILETYPE_PEM);
    }
    return context;
}

int TlsContext::choose_by_name(ssl_st* ssl, int*, void* self) {
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (!name) return SSL_TLSEXT_ERR_OK;
    for (const Context& context : static_cast<TlsContext*>(self)->servers_)
        if (X509_check_host(SSL_CTX_get0_certificate(context.get()), name, 0, 0, nullptr) == 1) {
            SSL_set_SSL_CTX(ssl, context.get());
            break;
        }
    return SSL_TLSEXT_ERR_OK;
}

std::string TlsContext::stamp() const {
    std::string text;
    const auto add = [&text](const std::string& file) {
        std::error_code error;
        text += std::to_string(std::filesystem::file_size(file, error)) + "/" +
                std::to_string(std::filesystem::last_write_time(file, error).time_since_epoch().count()) +
                ";";
    };
    for (const std::string& file : settings_.certificate) add(file);
    for (const std::string& file : settings_.private_key) add(file);
    if (!settings_.ca.empty()) add(settings_.ca);
    return text;
}

bool TlsContext::files_changed() {
    std::string now = stamp();
    return std::exchange(stamp_, now) != now;
}

// What is wrong may be mended without a trace in size and time: a permission, the other file of a pair.
Result<bool> TlsContext::reload_if_changed() {
    const bool changed = files_changed();
    if (!changed && !wrong_) return false;
    auto loaded = load_again();
    // Said once for each change, also of files that do not fit together yet.
    if (!loaded && !changed) return false;
    return loaded;
}

Result<bool> TlsContext::load_again() {
    wrong_ = true;
    auto servers = load_servers();
    if (!servers) return fail(Error(servers.error()));
    auto client = load_client();
    if (!client) return fail(Error(client.error()));
    servers_ = std::move(*servers);
    client_ = std::move(*client);
    wrong_ = false;
    return true;
}

Result<bool> TlsContext::use(const Config::Tls& settings) {
    if (settings == settings_) {
        if (!files_changed() && !wrong_) return false;
        return load_again();
    }
    const Config::Tls before = std::exchange(settings_, settings);
    const bool was_self_signed = self_signed_;
    auto servers = load_servers();
    auto client = servers ? load_client() : Result<Context>(fail(Error(servers.error())));
    if (!client) {
        settings_ = before;
        self_signed_ = was_self_signed;
        return fail(Error(client.error()));
    }
    servers_ = std::move(*servers);
    client_ = std::move(*client);
    stamp_ = stamp();
    wrong_ = false;
    return true;
}

std::optional<WallTime> TlsContext::expires() const {
    std::optional<WallTime> first;
    for (const Context& context : servers_) {
        std::tm ends{};
        const X509* certificate = SSL_CTX_get0_certificate(context.get());
        if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &ends) != 1) continue;
        const WallTime at(std::chrono::seconds(timegm(&ends)));
        if (!first || at < *first) first = at;
    }
    return first;
}

ssl_st* TlsContext::new_server() const {
    return servers_.empty() ? nullptr : SSL_new(servers_.front().get());
}

ssl_st* TlsContext::new_client() const {
    return SSL_new(client_.get());
}

}  // namespace rotunda::server
