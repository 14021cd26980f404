// STUN (RFC 8489) as connectivity checks use it: Binding with short-term credentials and FINGERPRINT. Pure,
// and nothing is copied: views into the datagram.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/byte_reader.hpp"
#include "base/byte_writer.hpp"
#include "base/net_address.hpp"

namespace rotunda::rtp {

inline constexpr std::uint16_t stun_binding_request = 0x0001;
inline constexpr std::uint16_t stun_binding_success = 0x0101;
inline constexpr std::uint16_t stun_binding_error = 0x0111;

class StunMessage {
  public:
    static constexpr std::size_t header_size = 20;
    // Of comprehension-required attributes we do not know; a message with more is malformed.
    static constexpr std::size_t max_unknown = 8;
    static constexpr std::size_t max_attributes = 32;

    // nullopt: no STUN, or one that breaks its own lengths. Attributes behind MESSAGE-INTEGRITY other than
    // FINGERPRINT are read over (RFC 8489 §14.5), and so is any attribute's second copy (§14).
    static std::optional<StunMessage> parse(Bytes datagram);

    std::uint16_t type() const { return type_; }
    // Cookie and transaction id: what a response repeats, and what addresses are XORed with.
    Bytes cookie_and_id() const { return whole_.subspan(4, 16); }
    std::optional<std::string_view> username() const { return username_; }
    bool has_integrity() const { return integrity_at_ != 0; }
    // MESSAGE-INTEGRITY is there and made with this password (§9.1.3).
    bool is_authentic(std::string_view password) const;
    // FINGERPRINT is there, last, and right (§14.7).
    bool has_valid_fingerprint() const;
    bool use_candidate() const { return use_candidate_; }
    bool says_controlled() const { return controlled_; }
    std::optional<std::uint32_t> priority() const { return priority_; }
    // Unknown attributes that must be understood.
    std::size_t unknown_count() const { return unknown_count_; }
    std::uint16_t unknown(std::size_t i) const { return unknown_[i]; }
    // XOR-MAPPED-ADDRESS, of a response.
    std::optional<Endpoint> mapped_address() const;

  private:
    bool read_attribute(std::uint16_t type, Bytes value, std::size_t at);

    Bytes whole_;
    std::uint16_t type_ = 0;
    std::optional<std::string_view> username_;
    std::optional<std::uint32_t> priority_;
    std::size_t integrity_at_ = 0, fingerprint_at_ = 0;  // offset of the attribute; 0: none
    Bytes mapped_;
    bool use_candidate_ = false;
    bool controlled_ = false;
    std::array<std::uint16_t, max_unknown> unknown_{};
    std::size_t unknown_count_ = 0;
};

// A response or request written into memory of the caller's. Order: attributes, then finish().
class StunWriter {
  public:
    static constexpr std::size_t max_size = 576;

    // `cookie_and_id`: 16 octets.
    StunWriter(std::uint16_t type, Bytes cookie_and_id);
    StunWriter(const StunWriter&) = delete;
    StunWriter& operator=(const StunWriter&) = delete;

    void mapped_address(const Endpoint& source);
    void error(int code, std::string_view phrase);
    void unknown_attributes(const StunMessage& request);
    void username(std::string_view text) { attribute(0x0006, as_bytes(text)); }
    void use_candidate() { attribute(0x0025, {}); }
    void controlling(bool controls, std::uint64_t tie_breaker);
    void priority(std::uint32_t value);
    // Any other.
    void attribute(std::uint16_t type, Bytes value);
    // MESSAGE-INTEGRITY unless the password is empty, then FINGERPRINT. The whole message; empty: too long.
    Bytes finish(std::string_view password);

  private:
    static Bytes as_bytes(std::string_view text) {
        return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    }
    // The header's length as it must be while an attribute of this size, not yet written, is counted in.
    void set_length(std::size_t more);

    std::array<std::uint8_t, max_size> buffer_{};
    ByteWriter out_;
    Bytes cookie_and_id_;
};

}  // namespace rotunda::rtp
