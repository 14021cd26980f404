// SIP and SIPS URIs (RFC 3261 §19.1). Other schemes are kept as they are, so that a request for one can be
// answered with 416.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/rare.hpp"
#include "signaling/params.hpp"

namespace rotunda::sip {

// "host[:port]" as in a URI or a Via's sent-by.
struct HostPort {
    std::string_view host;   // name, IPv4, or IPv6 in brackets
    std::uint16_t port = 0;  // 0: none given; otherwise 1-65535
};
bool is_host(std::string_view text);
// The same domain: RFC 1034 §3.1, without case, and the dot at the end of an absolute name changes nothing.
bool is_same_domain(std::string_view a, std::string_view b);
// White space round the colon is allowed (sent-by); views point into `text`.
std::optional<HostPort> parse_host_port(std::string_view text);

class Uri {
  public:
    enum class Scheme : std::uint8_t { sip, sips, other };

    // "sip:" without a host: valid() is false.
    Uri() = default;
    // One whole URI without angle brackets or white space around it.
    static std::optional<Uri> parse(std::string_view text);
    // The user is plain text and escaped here; host as in to_host() of an address; port 0: none.
    static Uri sip(std::string_view user, std::string_view host, std::uint16_t port = 0);

    bool valid() const { return scheme_ == Scheme::other || !host_.empty(); }
    Scheme scheme() const { return scheme_; }
    bool is_sip() const { return scheme_ != Scheme::other; }  // sip or sips
    // "sip", "sips", or the other scheme as written.
    std::string_view scheme_name() const;
    // Other schemes: everything behind the colon.
    const std::string& opaque() const { return seldom_.get().opaque; }

    // The user with %HH undone, exactly once (may hold any octet, NUL included); empty when there is none.
    std::string user() const;
    // As written.
    const std::string& raw_user() const { return user_; }
    const std::string& raw_password() const { return seldom_.get().password; }
    // Name, IPv4 address, or IPv6 address in brackets; as written.
    const std::string& host() const { return host_; }
    // 0: none given.
    std::uint16_t port() const { return port_; }

    const Params& params() const { return params_; }
    Params& params() { return params_; }
    bool has_param(std::string_view name) const { return params_.has(name); }
    std::optional<std::string_view> param(std::string_view name) const { return params_.get(name); }
    // Loose routing (RFC 3261 §19.1.1).
    bool is_loose_router() const { return params_.has("lr"); }

    // What stands behind '?', without it, still escaped.
    const std::string& headers() const { return seldom_.get().headers; }
    void clear_headers() {
        if (!headers().empty()) seldom_.edit().headers.clear();
    }
    // One embedded header field, unescaped (Refer-To: <sip:...?Replaces=...>).
    std::optional<std::string> header(std::string_view name) const;

    void set_scheme(Scheme scheme) { scheme_ = scheme; }
    void set_user(std::string_view plain);
    void set_host(std::string_view host, std::uint16_t port = 0);

    void append_to(std::string& out) const;
    std::string to_string() const;

    // Written alike, field by field.
    friend bool operator==(const Uri&, const Uri&) = default;

  private:
    bool parse_sip(std::string_view rest);

    Scheme scheme_ = Scheme::sip;
    std::uint16_t port_ = 0;
    // What few URIs have.
    struct Seldom {
        std::string password, headers;
        std::string other_scheme, opaque;
        friend bool operator==(const Seldom&, const Seldom&) = default;
    };

    std::string user_, host_;
    Params params_;
    Rare<Seldom> seldom_;
};

// The comparison of RFC 3261 §19.1.4. Not transitive, as the RFC says.
bool equivalent(const Uri& a, const Uri& b);

}  // namespace rotunda::sip
