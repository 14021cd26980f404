// One RTP packet as a view on the datagram it came in, and the fixed header we write (RFC 3550 §5.1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/byte_reader.hpp"

namespace rotunda::rtp {

inline constexpr std::size_t rtp_header_size = 12;
inline constexpr std::size_t max_csrcs = 15;

// The fixed header in host byte order. Payload types are 0 to 127.
struct RtpHeader {
    bool marker = false;
    std::uint8_t payload_type = 0;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t ssrc = 0;

    friend bool operator==(const RtpHeader&, const RtpHeader&) = default;
};

// Writes version 2, no padding, no extension, no CSRC: the header that goes in front of an encoded frame.
void write_header(std::span<std::uint8_t, rtp_header_size> out, const RtpHeader& header);

// Client-to-mixer audio level (RFC 6464 §3).
struct AudioLevel {
    bool voice = false;        // the V bit: the sender believes this is speech
    std::uint8_t level = 127;  // 0 (overload) to 127 (digital silence), in -dBov
};

// The header extension: its profile word and its body, a whole number of 32-bit words (RFC 3550 §5.3.1).
struct HeaderExtension {
    std::uint16_t profile = 0;
    Bytes body;

    // The data of the first element with this id (RFC 8285): ids 1 to 14 in the one-byte form, 1 to 255 in
    // the two-byte form. nullopt if there is none, the profile is neither form, or the element runs past the
    // body (it and what follows are ignored).
    std::optional<Bytes> element(std::uint8_t id) const;
};

// Views point into the datagram given to parse(): keep it as long as the packet.
struct RtpPacket {
    RtpHeader header;
    std::array<std::uint32_t, max_csrcs> csrcs{};
    std::uint8_t csrc_count = 0;
    std::optional<HeaderExtension> extension;
    Bytes payload;  // without padding; empty in a keep-alive

    // nullopt unless version 2 with all of header, CSRCs, extension and padding inside the datagram (RFC 3550
    // §A.1). Does not know which payload types were negotiated.
    static std::optional<RtpPacket> parse(Bytes datagram);

    // Reads the level from the element with the id negotiated for
    // urn:ietf:params:rtp-hdrext:ssrc-audio-level.
    std::optional<AudioLevel> audio_level(std::uint8_t extension_id) const;
};

}  // namespace rotunda::rtp
