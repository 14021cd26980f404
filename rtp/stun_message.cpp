#include "rtp/stun_message.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

namespace rotunda::rtp {
namespace {

constexpr std::uint32_t magic_cookie = 0x2112a442;
constexpr std::uint32_t fingerprint_mask = 0x5354554e;
constexpr std::size_t integrity_bytes = 20, fingerprint_bytes = 4, attribute_header = 4;

// RFC 8489 §18.3, RFC 8445 §20.1
enum Type : std::uint16_t {
    username_attribute = 0x0006,
    message_integrity = 0x0008,
    error_code = 0x0009,
    unknown_attributes_attribute = 0x000a,
    xor_mapped_address = 0x0020,
    priority_attribute = 0x0024,
    use_candidate_attribute = 0x0025,
    fingerprint_attribute = 0x8028,
    ice_controlled = 0x8029,
    ice_controlling = 0x802a,
};

constexpr std::array<std::uint32_t, 256> make_crc_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t n = 0; n < 256; ++n) {
        std::uint32_t c = n;
        for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? 0xedb88320u ^ (c >> 1) : c >> 1;
        table[n] = c;
    }
    return table;
}
constexpr auto crc_table = make_crc_table();

// CRC-32 as in ITU V.42 (§14.7).
class Crc {
  public:
    void add(Bytes bytes) {
        for (std::uint8_t b : bytes) state_ = crc_table[(state_ ^ b) & 0xff] ^ (state_ >> 8);
    }
    std::uint32_t value() const { return ~state_; }

  private:
    std::uint32_t state_ = 0xffffffff;
};

constexpr std::size_t padded(std::size_t size) {
    return (size + 3) / 4 * 4;
}

// What both digests cover: the header with another length in it, and what is in front of the attribute.
struct Covered {
    std::array<std::uint8_t, 4> head;
    Bytes rest;
};
Covered covered(Bytes message, std::size_t attribute_at, std::size_t attribute_bytes) {
    const std::size_t length = attribute_at - StunMessage::header_size + attribute_header + attribute_bytes;
    return {
        {message[0], message[1], static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)},
        message.first(attribute_at).subspan(4)};
}

std::optional<std::array<std::uint8_t, integrity_bytes>> digest(Bytes message, std::size_t at,
                                                                std::string_view password) {
    // A message never exceeds a datagram; HMAC in one call wants it in one piece.
    const Covered part = covered(message, at, integrity_bytes);
    std::array<std::uint8_t, 2048> piece;
    if (at < StunMessage::header_size || at > piece.size()) return std::nullopt;
    std::copy(part.head.begin(), part.head.end(), piece.begin());
    std::copy(part.rest.begin(), part.rest.end(), piece.begin() + 4);
    std::array<std::uint8_t, integrity_bytes> out{};
    unsigned size = 0;
    if (!HMAC(EVP_sha1(), password.data(), static_cast<int>(password.size()), piece.data(), at, out.data(),
              &size))
        return std::nullopt;
    return out;
}

std::uint32_t fingerprint_of(Bytes message, std::size_t at) {
    const Covered part = covered(message, at, fingerprint_bytes);
    Crc crc;
    crc.add(part.head);
    crc.add(part.rest);
    return crc.value() ^ fingerprint_mask;
}

}  // namespace

std::optional<StunMessage> StunMessage::parse(Bytes datagram) {
    ByteReader reader(datagram);
    StunMessage out;
    out.whole_ = datagram;
    out.type_ = reader.u16();
    const std::size_t length = reader.u16();
    if (datagram.size() < header_size || (out.type_ & 0xc000) != 0 || reader.u32() != magic_cookie ||
        length % 4 != 0 || length + header_size != datagram.size())
        return std::nullopt;
    reader.skip(12);
    for (std::size_t n = 0; reader.remaining() > 0; ++n) {
        const std::size_t at = datagram.size() - reader.remaining();
        const std::uint16_t type = reader.u16();
        const std::size_t size = reader.u16();
        const Bytes value = reader.take(padded(size));
        if (!reader.ok() || n == max_attributes || !out.read_attribute(type, value.first(size), at))
            return std::nullopt;
    }
    return out;
}

// False: malformed.
bool StunMessage::read_attribute(std::uint16_t type, Bytes value, std::size_t at) {
    if (fingerprint_at_ != 0) return false;  // it is the last one
    if (type == fingerprint_attribute) {
        fingerprint_at_ = at;
        return value.size() == fingerprint_bytes;
    }
    if (integrity_at_ != 0) return true;
    switch (type) {
        case message_integrity:
            integrity_at_ = at;
            return value.size() == integrity_bytes;
        case username_attribute:
            if (!username_) username_.emplace(reinterpret_cast<const char*>(value.data()), value.size());
            return value.size() <= 513;
        case priority_attribute:
            if (!priority_) priority_ = ByteReader(value).u32();
            return value.size() == 4;
        case use_candidate_attribute:
            use_candidate_ = true;
            return true;
        case xor_mapped_address:
            if (mapped_.empty()) mapped_ = value;
            return true;
        case ice_controlled:
            controlled_ = true;
            return true;
        case error_code:
        case unknown_attributes_attribute:
            return true;
        default:
            if (type >= 0x8000) return true;  // may be ignored
            if (unknown_count_ == max_unknown) return false;
            unknown_[unknown_count_++] = type;
            return true;
    }
}

bool StunMessage::is_authentic(std::string_view password) const {
    if (!has_integrity()) return false;
    const auto expected = digest(whole_, integrity_at_, password);
    return expected && CRYPTO_memcmp(expected->data(), whole_.data() + integrity_at_ + attribute_header,
                                     integrity_bytes) == 0;
}

bool StunMessage::has_valid_fingerprint() const {
    return fingerprint_at_ != 0 && ByteReader(whole_.subspan(fingerprint_at_ + attribute_header)).u32() ==
                                       fingerprint_of(whole_, fingerprint_at_);
}

std::optional<Endpoint> StunMessage::mapped_address() const {
    ByteReader reader(mapped_);
    const std::uint16_t family = reader.u16();
    const auto port = static_cast<std::uint16_t>(reader.u16() ^ (magic_cookie >> 16));
    const Bytes key = cookie_and_id();
    const Bytes masked = reader.rest();
    std::array<std::uint8_t, 16> address{};
    if (!reader.ok() || !((family == 1 && masked.size() == 4) || (family == 2 && masked.size() == 16)))
        return std::nullopt;
    for (std::size_t i = 0; i < masked.size(); ++i)
        address[i] = static_cast<std::uint8_t>(masked[i] ^ key[i]);
    if (family == 2) return Endpoint{IpAddress::v6(address), port};
    return Endpoint{IpAddress::v4(ByteReader(address).u32()), port};
}

StunWriter::StunWriter(std::uint16_t type, Bytes cookie_and_id)
    : out_(buffer_), cookie_and_id_(cookie_and_id) {
    out_.u16(type);
    out_.u16(0);
    out_.bytes(cookie_and_id.first(16));
}

void StunWriter::attribute(std::uint16_t type, Bytes value) {
    out_.u16(type);
    out_.u16(static_cast<std::uint16_t>(value.size()));
    for (const std::uint8_t octet : value) out_.u8(octet);
    for (std::size_t n = value.size(); n % 4 != 0; ++n) out_.u8(0);
}

// §14.2: the address XOR cookie and transaction id.
void StunWriter::mapped_address(const Endpoint& source) {
    const IpAddress address = source.address.unmapped();
    const std::size_t size = address.is_v4() ? 4 : 16;
    std::array<std::uint8_t, 20> value{0, static_cast<std::uint8_t>(address.is_v4() ? 1 : 2)};
    const auto port = static_cast<std::uint16_t>(source.port ^ (magic_cookie >> 16));
    value[2] = static_cast<std::uint8_t>(port >> 8);
    value[3] = static_cast<std::uint8_t>(port);
    for (std::size_t i = 0; i < size; ++i)
        value[4 + i] = static_cast<std::uint8_t>(address.bytes()[i] ^ cookie_and_id_[i]);
    attribute(xor_mapped_address, Bytes(value).first(4 + size));
}

void StunWriter::error(int code, std::string_view phrase) {
    std::array<std::uint8_t, 64> value{};
    value[2] = static_cast<std::uint8_t>(code / 100);
    value[3] = static_cast<std::uint8_t>(code % 100);
    const std::size_t size = std::min(phrase.size(), value.size() - 4);
    std::copy_n(phrase.begin(), size, value.begin() + 4);
    attribute(error_code, Bytes(value).first(4 + size));
}

void StunWriter::unknown_attributes(const StunMessage& request) {
    std::array<std::uint8_t, 2 * StunMessage::max_unknown> value{};
    ByteWriter out(value);
    for (std::size_t i = 0; i < request.unknown_count(); ++i) out.u16(request.unknown(i));
    attribute(unknown_attributes_attribute, out.written());
}

void StunWriter::controlling(bool controls, std::uint64_t tie_breaker) {
    std::array<std::uint8_t, 8> value{};
    ByteWriter(value).u64(tie_breaker);
    attribute(controls ? ice_controlling : ice_controlled, value);
}

void StunWriter::priority(std::uint32_t number) {
    std::array<std::uint8_t, 4> value{};
    ByteWriter(value).u32(number);
    attribute(priority_attribute, value);
}

void StunWriter::set_length(std::size_t more) {
    const std::size_t length = out_.size() - StunMessage::header_size + more;
    buffer_[2] = static_cast<std::uint8_t>(length >> 8);
    buffer_[3] = static_cast<std::uint8_t>(length);
}

Bytes StunWriter::finish(std::string_view password) {
    if (!password.empty()) {
        const auto made = digest(out_.written(), out_.size(), password);
        if (!made) return {};
        attribute(message_integrity, *made);
    }
    std::array<std::uint8_t, fingerprint_bytes> crc{};
    ByteWriter(crc).u32(fingerprint_of(out_.written(), out_.size()));
    attribute(fingerprint_attribute, crc);
    set_length(0);
    return out_.ok() ? out_.written() : Bytes{};
}

}  // namespace rotunda::rtp
