// Session descriptions (RFC 8866, before it RFC 4566) as a value, with parser and writer. Pure.
//
// Kept are the lines a call needs: v, o, s, c, b, t, a, m. The others (i, u, e, p, k, r, z) are read over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/net_address.hpp"
#include "base/result.hpp"

namespace rotunda::sdp {

// "a=name:value"; value is empty for a property ("a=recvonly").
struct Attribute {
    std::string name;
    std::string value;

    friend bool operator==(const Attribute&, const Attribute&) = default;
};

// c=, and the address in o= and a=rtcp.
struct Connection {
    std::string host = "0.0.0.0";                    // as written, without a multicast scope
    std::optional<IpAddress> address = IpAddress();  // none: `host` is a name, which nobody here looks up
    std::string scope;                               // "/127" or "/127/3" behind a multicast address

    static Connection to(const IpAddress& address);
    // 0.0.0.0, :: or a name below .invalid: "send me nothing" (RFC 3264 §8.4, RFC 6157 §4.2).
    bool is_black_hole() const;
    bool is_multicast() const { return address && address->is_multicast(); }
    friend bool operator==(const Connection&, const Connection&) = default;
};

// o=. The numbers stay text: phones in the field exceed 64 bits.
struct Origin {
    std::string username = "-";
    std::string session_id = "0";
    std::string version = "0";
    Connection connection;

    friend bool operator==(const Origin&, const Origin&) = default;
};

// b=AS:512
struct Bandwidth {
    std::string type;
    std::uint32_t value = 0;  // AS, CT: kbit/s; TIAS, RS, RR: bit/s

    friend bool operator==(const Bandwidth&, const Bandwidth&) = default;
};

// m= and the lines below it.
struct Media {
    std::string type;  // "audio", "video", ..., as written
    std::uint16_t port = 0;
    std::uint16_t port_count = 1;
    std::string proto;                 // "RTP/AVP", as written
    std::vector<std::string> formats;  // payload types where proto is an RTP profile
    std::optional<Connection> connection;
    std::vector<Bandwidth> bandwidths;
    std::vector<Attribute> attributes;

    friend bool operator==(const Media&, const Media&) = default;
};

struct SessionDescription {
    Origin origin;
    std::string name = "-";
    std::optional<Connection> connection;
    std::vector<Bandwidth> bandwidths;
    std::uint64_t start_time = 0;
    std::uint64_t stop_time = 0;
    std::vector<Attribute> attributes;
    std::vector<Media> media;

    friend bool operator==(const SessionDescription&, const SessionDescription&) = default;
};

// First attribute of that name (names compare without case); nullptr if there is none. Lives as long as the
// list.
const Attribute* find(const std::vector<Attribute>& attributes, std::string_view name);
// Of the m-line, else of the session.
const Attribute* find(const SessionDescription& session, const Media& media, std::string_view name);
// c= of the m-line, else of the session; nullptr if neither has one.
const Connection* connection_of(const SessionDescription& session, const Media& media);

struct ParseLimits {
    std::size_t octets = 65535;
    std::size_t lines = 4096;
    std::size_t line_length = 8192;
    std::size_t media = 64;
    std::size_t formats = 128;      // of one m-line
    std::size_t attributes = 1024;  // of the session or of one m-line
};

enum class ParseError : std::uint8_t {
    too_long,
    too_many_lines,
    line_too_long,
    too_many_media,
    too_many_formats,
    too_many_attributes,
    not_text,     // a NUL, or no UTF-8
    not_a_line,   // not "x=..."
    bad_version,  // no v= in front, or another than 0
    bad_connection,
    bad_media,
    not_internet,   // a network type other than IN
    contradiction,  // v=, o= or s= twice
};
struct ParseFailure {
    ParseError reason = ParseError::not_a_line;
    std::size_t line = 0;  // from 1; 0: the whole
};
// Stable, for counters and log lines: "bad-connection".
std::string_view to_string(ParseError reason);

// Takes what phones really send: bare LF or CR, blank lines, white space at line ends and around fields,
// session lines in any order, missing o=, s= or t=, names with spaces in o=, an address family that does not
// match the address. Of several c= on one level the first counts; malformed b= and t= are read over. Never
// throws.
Result<SessionDescription, ParseFailure> parse(std::string_view text, const ParseLimits& limits = {});

// Canonical order and CRLF (RFC 8866 §5). parse(write(x)) gives x for every x that came from parse().
std::string write(const SessionDescription& session);

}  // namespace rotunda::sdp
