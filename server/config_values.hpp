// How each kind of setting is read and printed. A kind has `type` (for people), `is_list`, `read` (which
// stores nothing when it complains) and `print` (one line of YAML that `read` takes back); one that prints no
// secrets has `same_secrets`.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/config.hpp"
#include "server/config_node.hpp"

namespace rotunda::server::config_values {

using Complaint = std::optional<ConfigComplaint>;

Complaint read_count(const ConfigNode& value, std::uint32_t least, std::uint32_t most, std::uint32_t& out);

template <std::uint32_t Least, std::uint32_t Most>
struct Count {
    static constexpr std::string_view type = "number";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, std::uint32_t& out) {
        return read_count(value, Least, Most, out);
    }
    static std::string print(std::uint32_t value) { return std::to_string(value); }
};

// A limit that is counted in fractions; written as a whole number.
struct Real {
    static constexpr std::string_view type = "number";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, double& out);
    static std::string print(double value);
};

struct Switch {
    static constexpr std::string_view type = "true or false";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, bool& out);
    static std::string print(bool value);
};

struct Text {
    static constexpr std::string_view type = "text";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, std::string& out);
    static std::string print(const std::string& value);
};

struct SipAddress : Text {
    static constexpr std::string_view type = "SIP URI such as sip:192.0.2.7:5060; empty: none";
    static Complaint read(const ConfigNode& value, std::string& out);
};

// 500ms, 30s, 5m, 1h; up to 24h.
struct Time {
    static constexpr std::string_view type = "duration such as 500ms, 30s, 5m, 1h";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, Duration& out);
    static std::string print(Duration value);
};

// Of a session timer: RFC 4028 §4 knows none below 90 s.
struct SessionTime : Time {
    static constexpr std::string_view type = "0s, or a duration of at least 90s";
    static Complaint read(const ConfigNode& value, Duration& out);
};

// 0 to 63, or a name of RFC 2474, 2597, 3246: cs3, af41, ef.
struct Dscp {
    static constexpr std::string_view type = "0 to 63 or a name such as cs3, af41, ef";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, std::uint8_t& out);
    static std::string print(std::uint8_t value);
};

struct Listeners {
    static constexpr std::string_view type = "list of udp, tcp, tls, ws or wss://address:port";
    static constexpr bool is_list = true;
    static Complaint read(const ConfigNode& value, std::vector<ListenAddress>& out);
    static std::string print(const std::vector<ListenAddress>& value);
};

struct HttpListen {
    static constexpr std::string_view type = "address:port; empty: off";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, Config::Http& out);
    static std::string print(const Config::Http& value);
};

struct HttpTokens {
    static constexpr std::string_view type =
        "list of mappings with name, scope (read or control), and secret or secret_file";
    static constexpr bool is_list = true;
    static Complaint read(const ConfigNode& value, std::vector<HttpToken>& out);
    static std::string print(const std::vector<HttpToken>& value);
    static bool same_secrets(const std::vector<HttpToken>& a, const std::vector<HttpToken>& b) {
        return std::ranges::equal(a, b, {}, &HttpToken::secret, &HttpToken::secret);
    }
};

struct Webhooks {
    static constexpr std::string_view type = "list of mappings with url, secret or secret_file, and events";
    static constexpr bool is_list = true;
    static Complaint read(const ConfigNode& value, std::vector<ConfiguredWebhook>& out);
    static std::string print(const std::vector<ConfiguredWebhook>& value);
    static bool same_secrets(const std::vector<ConfiguredWebhook>& a,
                             const std::vector<ConfiguredWebhook>& b) {
        return std::ranges::equal(a, b, {}, &ConfiguredWebhook::secret, &ConfiguredWebhook::secret);
    }
};

struct AccessName {
    static constexpr std::string_view type = "anyone, local, authenticated or trunk";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, accounts::Access& out);
    static std::string print(accounts::Access value);
};

struct ListenerPolicies {
    static constexpr std::string_view type =
        "list of mappings with listen (as in sip.listen) and any of policy, allow, deny, encryption";
    static constexpr bool is_list = true;
    static Complaint read(const ConfigNode& value, std::vector<ConfiguredListener>& out);
    static std::string print(const std::vector<ConfiguredListener>& value);
};

struct TrustedPeers {
    static constexpr std::string_view type =
        "list of mappings with name, and address (or prefix) or certificate";
    static constexpr bool is_list = true;
    static Complaint read(const ConfigNode& value, std::vector<accounts::TrustedPeer>& out);
    static std::string print(const std::vector<accounts::TrustedPeer>& value);
};

struct Algorithms {
    static constexpr std::string_view type = "list of SHA-512-256, SHA-256, MD5, the preferred one first";
    static constexpr bool is_list = true;
    static Complaint read(const ConfigNode& value, std::vector<sip::DigestAlgorithm>& out);
    static std::string print(const std::vector<sip::DigestAlgorithm>& value);
};

struct Texts {
    static constexpr std::string_view type = "list of texts";
    static constexpr bool is_list = true;
    static Complaint read(const ConfigNode& value, std::vector<std::string>& out);
    static std::string print(const std::vector<std::string>& value);
};

// Host parts of URIs.
struct Names {
    static constexpr std::string_view type = "list of host names or addresses";
    static constexpr bool is_list = true;
    static Complaint read(const ConfigNode& value, std::vector<std::string>& out);
    static std::string print(const std::vector<std::string>& value);
};

struct Users {
    static constexpr std::string_view type = "list of mappings with name, and password or password_file";
    static constexpr bool is_list = true;
    static Complaint read(const ConfigNode& value, std::vector<ConfiguredUser>& out);
    static std::string print(const std::vector<ConfiguredUser>& value);
    static bool same_secrets(const std::vector<ConfiguredUser>& a, const std::vector<ConfiguredUser>& b) {
        return std::ranges::equal(a, b, {}, &ConfiguredUser::password, &ConfiguredUser::password);
    }
};

// A list of texts that are not looked into.
struct Files {
    static constexpr std::string_view type = "list of file names";
    static constexpr bool is_list = true;
    static Complaint read(const ConfigNode& value, std::vector<std::string>& out);
    static std::string print(const std::vector<std::string>& value);
};

struct Origins : Files {
    static constexpr std::string_view type = "list of origins";
};

struct File : Text {
    static constexpr std::string_view type = "file name";
};

struct TlsClientCheckName {
    static constexpr std::string_view type = "none, optional or required";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, TlsClientCheck& out);
    static std::string print(TlsClientCheck value);
};

struct NameServers {
    static constexpr std::string_view type = "list of address or address:port";
    static constexpr bool is_list = true;
    static Complaint read(const ConfigNode& value, std::vector<Endpoint>& out);
    static std::string print(const std::vector<Endpoint>& value);
};

struct ExternalEndpoint {
    static constexpr std::string_view type = "address or address:port; empty: none";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, std::optional<Endpoint>& out);
    static std::string print(const std::optional<Endpoint>& value);
};

struct Collector : ExternalEndpoint {
    static constexpr std::string_view type = "address:port; empty: none";
    static Complaint read(const ConfigNode& value, std::optional<Endpoint>& out);
};

struct ExternalAddress {
    static constexpr std::string_view type = "address; empty: none";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, std::optional<IpAddress>& out);
    static std::string print(const std::optional<IpAddress>& value);
};

struct Networks {
    static constexpr std::string_view type = "list of prefixes such as 10.0.0.0/8";
    static constexpr bool is_list = true;
    static Complaint read(const ConfigNode& value, std::vector<IpPrefix>& out);
    static std::string print(const std::vector<IpPrefix>& value);
};

struct Ports {
    static constexpr std::string_view type = "range such as 20000-29999";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, PortRange& out);
    static std::string print(const PortRange& value);
};

struct RoomPattern {
    static constexpr std::string_view type = "regular expression; empty: none";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, std::optional<Pattern>& out);
    static std::string print(const std::optional<Pattern>& value);
};

struct RoomList {
    static constexpr std::string_view type =
        "list of names, or of mappings with name, max_participants, access, encryption, owner, moderators, "
        "layout, view, offer_video, automatic_gain, noise_suppression";
    static constexpr bool is_list = true;
    static Complaint read(const ConfigNode& value, std::vector<ConfiguredRoom>& out);
    static std::string print(const std::vector<ConfiguredRoom>& value);
};

// The keys of a trunk are described in docs/trunks.md.
struct TrunkList {
    static constexpr std::string_view type = "list of {name, proxy, ...}, see trunks.md";
    static constexpr bool is_list = true;
    static Complaint read(const ConfigNode& value, std::vector<ConfiguredTrunk>& out);
    static std::string print(const std::vector<ConfiguredTrunk>& value);
    static bool same_secrets(const std::vector<ConfiguredTrunk>& a, const std::vector<ConfiguredTrunk>& b) {
        return std::ranges::equal(a, b, {}, &ConfiguredTrunk::password, &ConfiguredTrunk::password);
    }
};

struct Callers {
    static constexpr std::string_view type =
        "list of mappings with user (* for all others), and any of numbers, hours, max_calls, calls_per_day";
    static constexpr bool is_list = true;
    static Complaint read(const ConfigNode& value, std::vector<ConfiguredCaller>& out);
    static std::string print(const std::vector<ConfiguredCaller>& value);
};
// Members of a trunk and of a caller alike.
Complaint read_calls(const ConfigNode& value, rooms::TollLimits& out);
Complaint read_calls_per_day(const ConfigNode& value, rooms::TollLimits& out);
Complaint read_hours(const ConfigNode& value, rooms::TollLimits& out);
// What stands at its default is left out.
void print_tolls(const rooms::TollLimits& tolls, std::vector<std::string>& parts);

struct Codecs {
    static constexpr std::string_view type = "list of opus, G722, PCMU, PCMA, best first";
    static constexpr bool is_list = true;
    static Complaint read(const ConfigNode& value, std::vector<AudioCodec>& out);
    static std::string print(const std::vector<AudioCodec>& value);
};

struct VideoCodecs {
    static constexpr std::string_view type = "list of H264, VP8, best first";
    static constexpr bool is_list = true;
    static Complaint read(const ConfigNode& value, std::vector<VideoCodec>& out);
    static std::string print(const std::vector<VideoCodec>& value);
};

struct OfferName {
    static constexpr std::string_view type = "never, shown or always";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, rooms::VideoOffer& out);
    static std::string print(rooms::VideoOffer value);
};

struct ViewName {
    static constexpr std::string_view type = "auto, shared or personal";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, media::VideoViewMode& out);
    static std::string print(media::VideoViewMode value);
};

struct LayoutName {
    static constexpr std::string_view type = "grid, 1+5, 1+7, speaker, speaker+strip, side-by-side or pip";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, mixer::LayoutKind& out);
    static std::string print(mixer::LayoutKind value);
};

struct FitName {
    static constexpr std::string_view type = "letterbox or crop";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, mixer::Fit& out);
    static std::string print(mixer::Fit value);
};

// Red, green, blue, as on the web.
struct Colour {
    static constexpr std::string_view type = "colour such as \"#203040\"";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, std::uint32_t& out);
    static std::string print(std::uint32_t value);
};

struct PresetName {
    static constexpr std::string_view type = "ultrafast, superfast, veryfast, faster, fast or medium";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, std::string& out);
    static std::string print(const std::string& value);
};

struct EncryptionName {
    static constexpr std::string_view type = "off, optional or required";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, sdp::MediaEncryption& out);
    static std::string print(sdp::MediaEncryption value);
};

struct LogFormatName {
    static constexpr std::string_view type = "text or json";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, LogFormat& out);
    static std::string print(LogFormat value);
};

struct LogLevelName {
    static constexpr std::string_view type = "debug, info, warning or error";
    static constexpr bool is_list = false;
    static Complaint read(const ConfigNode& value, LogLevel& out);
    static std::string print(LogLevel value);
};

}  // namespace rotunda::server::config_values
