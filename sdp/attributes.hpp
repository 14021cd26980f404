// Attribute values with a type. Each parse function takes the text behind the colon and gives nothing for
// what is malformed: a broken attribute never spoils the description around it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sdp/session_description.hpp"

namespace rotunda::sdp {

// a=rtpmap:111 opus/48000/2 (RFC 8866 §6.6)
struct RtpMap {
    std::uint8_t payload_type = 0;  // 0 to 127
    std::string encoding;           // as written; compares without case
    int clock_hz = 8000;
    int channels = 1;

    friend bool operator==(const RtpMap&, const RtpMap&) = default;
};
std::optional<RtpMap> parse_rtpmap(std::string_view value);
// "111 opus/48000/2"; a single channel is left out.
std::string to_string(const RtpMap& map);
// The payload types of RFC 3551 §6 that phones leave without rtpmap: 0, 8, 9, 13.
std::optional<RtpMap> static_rtpmap(std::uint8_t payload_type);
// What each payload type of the m-line stands for, in the order of the m-line; without those that nothing
// explains, and each payload type once.
std::vector<RtpMap> rtpmaps(const Media& media);

// The parameters of a=fmtp: "useinbandfec=1; stereo=0", or a bare "0-15" which is the name of a parameter
// without value. Names compare without case. An absent number is what the format's RFC says it is:
// number("packetization-mode", 0) for H.264 (RFC 6184 §8.1, interop rule 18).
class FormatParameters {
  public:
    static FormatParameters parse(std::string_view text);

    std::optional<std::string_view> get(std::string_view name) const;
    std::uint32_t number(std::string_view name, std::uint32_t absent_or_malformed) const;
    bool flag(std::string_view name) const { return number(name, 0) == 1; }
    void set(std::string_view name, std::string_view value);
    bool empty() const { return list_.empty(); }

    // "useinbandfec=1;stereo=0", in the order they were set.
    std::string text() const;
    friend bool operator==(const FormatParameters&, const FormatParameters&) = default;

  private:
    std::vector<std::pair<std::string, std::string>> list_;
};
// Of the first a=fmtp for this payload type; empty if there is none.
FormatParameters format_parameters(const Media& media, std::uint8_t payload_type);

// RFC 3264 §5.1, §6.1
enum class Direction : std::uint8_t { inactive = 0, sendonly = 1, recvonly = 2, sendrecv = 3 };
constexpr bool sends(Direction d) {
    return (static_cast<unsigned>(d) & 1) != 0;
}
constexpr bool receives(Direction d) {
    return (static_cast<unsigned>(d) & 2) != 0;
}
constexpr Direction make_direction(bool send, bool receive) {
    return static_cast<Direction>((send ? 1 : 0) | (receive ? 2 : 0));
}
// The same stream seen from the other end.
constexpr Direction reversed(Direction d) {
    return make_direction(receives(d), sends(d));
}
// What both allow.
constexpr Direction both(Direction a, Direction b) {
    return make_direction(sends(a) && sends(b), receives(a) && receives(b));
}
std::string_view to_string(Direction direction);
// Of the m-line, else of the session, else sendrecv.
Direction direction_of(const SessionDescription& session, const Media& media);

// a=rtcp:53020 IN IP4 126.16.64.4 (RFC 3605)
struct RtcpAttribute {
    std::uint16_t port = 0;
    std::optional<Connection> connection;  // none: that of the m-line
};
std::optional<RtcpAttribute> parse_rtcp(std::string_view value);

// a=rtcp-fb:96 nack pli (RFC 4585 §4.2)
struct RtcpFeedback {
    std::optional<std::uint8_t> payload_type;  // none: "*", all of the m-line
    std::string type;                          // "nack", "ccm", ...
    std::string parameter;                     // "pli", "fir", ... or empty

    friend bool operator==(const RtcpFeedback&, const RtcpFeedback&) = default;
};
std::optional<RtcpFeedback> parse_rtcp_feedback(std::string_view value);
// All that apply to a payload type, whatever profile the m-line names (interop rule 20).
std::vector<RtcpFeedback> feedback_for(const Media& media, std::uint8_t payload_type);

// a=extmap:3/sendonly urn:ietf:params:rtp-hdrext:ssrc-audio-level (RFC 8285 §5): the number of a header
// extension that whoever wrote the m-line may send us, 1 to 14 so that it fits either form; none if there is
// no such.
std::optional<std::uint8_t> extension_received(const Media& media, std::string_view uri);
// RFC 6464.
inline constexpr std::string_view audio_level_uri = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

// a=group:BUNDLE 0 1 (RFC 5888 §5)
struct Group {
    std::string semantics;
    std::vector<std::string> mids;
};
std::optional<Group> parse_group(std::string_view value);

// Milliseconds of a=ptime, a=maxptime, or of any other attribute that is one number; none if absent or
// malformed.
std::optional<int> number_of(const SessionDescription& session, const Media& media, std::string_view name);

}  // namespace rotunda::sdp
