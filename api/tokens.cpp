#include "api/tokens.hpp"

#include <algorithm>

#include "base/net_address.hpp"
#include "base/text.hpp"

namespace rotunda::api {

namespace {

// In a time that depends on neither text's content.
bool same_secret(std::string_view a, std::string_view b) {
    unsigned difference = a.size() == b.size() ? 0u : 1u;
    for (std::size_t i = 0; i < a.size(); ++i)
        difference |=
            static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b.empty() ? '\0' : b[i % b.size()]);
    return difference == 0;
}

std::string_view bearer(std::string_view authorization) {
    const auto [scheme, rest] = split_once(authorization, ' ');
    return iequals(scheme, "Bearer") && rest ? trim(*rest) : std::string_view();
}

std::string_view without_port(std::string_view host) {
    const auto colon = host.rfind(':');
    const bool is_port = colon != host.npos && (host.front() != '[' || host[colon - 1] == ']');
    return is_port ? host.substr(0, colon) : host;
}

bool is_loopback(std::string_view host) {
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const auto address = IpAddress::parse(host);
    return address && address->is_loopback();
}

// A page in a browser on this host can make requests too: it gives itself away by its Origin, or, if its own
// name was made to resolve to 127.0.0.1, by the Host (DNS rebinding). A proxy on this host asks for others.
bool comes_from_this_host_itself(const HttpRequest& request) {
    const std::string_view host = without_port(request.host);
    return request.origin.empty() && !request.forwarded &&
           (host.empty() || iequals(host, "localhost") || is_loopback(host));
}

}  // namespace

Tokens::Tokens(std::vector<Token> tokens, bool local_only)
    : tokens_(std::move(tokens)), local_only_(local_only) {}

Scope Tokens::scope_of(const HttpRequest& request) const {
    if (tokens_.empty())
        return local_only_ && comes_from_this_host_itself(request) ? Scope::control : Scope::open;
    const std::string_view secret = bearer(request.authorization);
    Scope scope = Scope::open;
    for (const Token& token : tokens_)
        if (same_secret(secret, token.secret)) scope = std::max(scope, token.scope);
    return scope;
}

}  // namespace rotunda::api
