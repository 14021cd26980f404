// SHA-1 in parts is deprecated in OpenSSL 3 in favour of EVP; srtp_transform.hpp says why it is used.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "rtp/srtp_transform.hpp"

#include <openssl/crypto.h>

#include <algorithm>

namespace rotunda::rtp {
namespace {

constexpr std::size_t block_bytes = 64;  // SHA-1's
constexpr std::size_t salt_bytes = 14;   // in counter mode; AEAD's 12 are filled up with zeros
constexpr std::uint32_t index_mask = 0x7fffffff;

// Fetched once: a fetch takes locks, and looks the name up.
const EVP_CIPHER* cipher_for(bool aead, std::size_t key_bytes) {
    static const EVP_CIPHER* const ctr_128 = EVP_CIPHER_fetch(nullptr, "AES-128-CTR", nullptr);
    static const EVP_CIPHER* const ctr_256 = EVP_CIPHER_fetch(nullptr, "AES-256-CTR", nullptr);
    static const EVP_CIPHER* const gcm_128 = EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr);
    static const EVP_CIPHER* const gcm_256 = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    if (aead) return key_bytes == 16 ? gcm_128 : gcm_256;
    return key_bytes == 16 ? ctr_128 : ctr_256;
}

std::array<std::uint8_t, 4> big_endian(std::uint32_t word) {
    return {static_cast<std::uint8_t>(word >> 24), static_cast<std::uint8_t>(word >> 16),
            static_cast<std::uint8_t>(word >> 8), static_cast<std::uint8_t>(word)};
}

template <std::size_t N>
void flip(std::array<std::uint8_t, N>& into, std::size_t at, std::uint64_t value, std::size_t octets) {
    for (std::size_t i = 0; i < octets; ++i)
        into[at + i] ^= static_cast<std::uint8_t>(value >> 8 * (octets - 1 - i));
}

// A secret on the stack that is gone when the function is left.
template <std::size_t N>
struct Secret : std::array<std::uint8_t, N> {
    ~Secret() { OPENSSL_cleanse(this->data(), N); }
};

bool update(EVP_CIPHER_CTX* context, MutableBytes out, Bytes in) {
    int written = 0;
    return EVP_CipherUpdate(context, out.data(), &written, in.data(), static_cast<int>(in.size())) == 1;
}

bool add_authenticated(EVP_CIPHER_CTX* context, Bytes in) {
    int written = 0;
    return EVP_CipherUpdate(context, nullptr, &written, in.data(), static_cast<int>(in.size())) == 1;
}

}  // namespace

HmacSha1::HmacSha1(std::span<const std::uint8_t, key_bytes> key) {
    Secret<block_bytes> block{};
    std::copy(key.begin(), key.end(), block.begin());
    for (auto& octet : block) octet ^= 0x36;
    SHA1_Init(&inner_);
    SHA1_Update(&inner_, block.data(), block.size());
    for (auto& octet : block) octet ^= 0x36 ^ 0x5c;
    SHA1_Init(&outer_);
    SHA1_Update(&outer_, block.data(), block.size());
}

std::array<std::uint8_t, HmacSha1::digest_bytes> HmacSha1::digest(Bytes a, Bytes b) const {
    std::array<std::uint8_t, digest_bytes> out;
    SHA_CTX sha = inner_;
    SHA1_Update(&sha, a.data(), a.size());
    SHA1_Update(&sha, b.data(), b.size());
    SHA1_Final(out.data(), &sha);
    sha = outer_;
    SHA1_Update(&sha, out.data(), out.size());
    SHA1_Final(out.data(), &sha);
    return out;
}

bool derive_srtp_key(const SrtpKey& master, std::uint8_t label, MutableBytes out) {
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                  &EVP_CIPHER_CTX_free);
    Secret<16> start{};
    std::copy(master.salt().begin(), master.salt().end(), start.begin());
    start[7] ^= label;
    std::fill(out.begin(), out.end(), std::uint8_t{0});
    return context &&
           EVP_EncryptInit_ex(context.get(), cipher_for(false, master.key().size()), nullptr,
                              master.key().data(), start.data()) == 1 &&
           update(context.get(), out, out);
}

std::optional<SrtpTransform> SrtpTransform::make(const SrtpKey& master, SrtpUse use) {
    const std::uint8_t first = use == SrtpUse::rtp ? 0 : 3;
    const SrtpSuiteFacts& suite = facts(master.suite);
    Secret<32> key;
    Secret<HmacSha1::key_bytes> authentication;
    Secret<salt_bytes> salt;
    const MutableBytes key_part = MutableBytes(key).first(suite.key_bytes);
    const MutableBytes salt_part = MutableBytes(salt).first(suite.salt_bytes);
    if (!derive_srtp_key(master, first, key_part) ||
        !derive_srtp_key(master, static_cast<std::uint8_t>(first + 1), authentication) ||
        !derive_srtp_key(master, static_cast<std::uint8_t>(first + 2), salt_part))
        return std::nullopt;
    return with_session_keys(master.suite, use, key_part, salt_part, authentication);
}

std::optional<SrtpTransform> SrtpTransform::with_session_keys(SrtpSuite suite, SrtpUse use, Bytes key,
                                                              Bytes salt, Bytes authentication) {
    SrtpTransform out;
    out.use_ = use;
    out.aead_ = facts(suite).aead;
    out.tag_bytes_ = use == SrtpUse::rtp ? facts(suite).tag_bytes : facts(suite).rtcp_bytes;
    std::copy(salt.begin(), salt.end(), out.salt_.begin());
    if (!out.aead_) out.hmac_.emplace(authentication.first<HmacSha1::key_bytes>());
    if (!out.set_cipher(key)) return std::nullopt;
    return out;
}

bool SrtpTransform::set_cipher(Bytes key) {
    cipher_.reset(EVP_CIPHER_CTX_new());
    return cipher_ && EVP_CipherInit_ex(cipher_.get(), cipher_for(aead_, key.size()), nullptr, key.data(),
                                        nullptr, 1) == 1;
}

// Counter mode: RFC 3711 §4.1.1; AEAD, four octets shorter: RFC 7714 §8.1, §9.1.
SrtpTransform::Nonce SrtpTransform::nonce(std::uint32_t ssrc, std::uint64_t index) const {
    const std::uint64_t counted = use_ == SrtpUse::rtp ? index : index & index_mask;
    Nonce out{};
    std::copy(salt_.begin(), salt_.end(), out.begin());
    flip(out, aead_ ? 2 : 4, ssrc, 4);
    flip(out, aead_ ? 6 : 8, counted, 6);
    return out;
}

bool SrtpTransform::seal(MutableBytes packet, std::size_t clear, std::uint32_t ssrc, std::uint64_t index,
                         MutableBytes tag) {
    if (aead_) return seal_aead(packet, clear, ssrc, index, tag);
    if (!crypt(packet.subspan(clear), ssrc, index)) return false;
    const auto digest = authenticate(packet, index);
    std::copy_n(digest.begin(), tag.size(), tag.begin());
    return true;
}

bool SrtpTransform::open(MutableBytes packet, std::size_t clear, std::uint32_t ssrc, std::uint64_t index,
                         Bytes tag) {
    if (aead_) return open_aead(packet, clear, ssrc, index, tag);
    const auto digest = authenticate(packet, index);
    if (CRYPTO_memcmp(digest.data(), tag.data(), tag.size()) != 0) return false;
    return crypt(packet.subspan(clear), ssrc, index);
}

bool SrtpTransform::crypt(MutableBytes bytes, std::uint32_t ssrc, std::uint64_t index) {
    const Nonce start = nonce(ssrc, index);
    if (EVP_CipherInit_ex(cipher_.get(), nullptr, nullptr, nullptr, start.data(), 1) != 1) return false;
    return bytes.empty() || update(cipher_.get(), bytes, bytes);
}

// Behind the packet stands the ROC, which is not sent (RFC 3711 §4.2), or SRTCP's index, which is (§3.4).
std::array<std::uint8_t, HmacSha1::digest_bytes> SrtpTransform::authenticate(Bytes packet,
                                                                             std::uint64_t index) const {
    const auto word = use_ == SrtpUse::rtp ? index >> 16 : index;
    return hmac_->digest(packet, big_endian(static_cast<std::uint32_t>(word)));
}

bool SrtpTransform::begin_aead(Bytes packet, std::size_t clear, std::uint32_t ssrc, std::uint64_t index,
                               bool encrypt) {
    const Nonce start = nonce(ssrc, index);
    if (EVP_CipherInit_ex(cipher_.get(), nullptr, nullptr, nullptr, start.data(), encrypt ? 1 : 0) != 1)
        return false;
    if (!add_authenticated(cipher_.get(), packet.first(clear))) return false;
    return use_ == SrtpUse::rtp ||
           add_authenticated(cipher_.get(), big_endian(static_cast<std::uint32_t>(index)));  // RFC 7714 §9.2
}

bool SrtpTransform::seal_aead(MutableBytes packet, std::size_t clear, std::uint32_t ssrc, std::uint64_t index,
                              MutableBytes tag) {
    const MutableBytes secret = packet.subspan(clear);
    int rest = 0;
    std::array<std::uint8_t, 16> end;
    return begin_aead(packet, clear, ssrc, index, true) &&
           (secret.empty() || update(cipher_.get(), secret, secret)) &&
           EVP_EncryptFinal_ex(cipher_.get(), end.data(), &rest) == 1 &&
           EVP_CIPHER_CTX_ctrl(cipher_.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag.size()),
                               tag.data()) == 1;
}

bool SrtpTransform::open_aead(MutableBytes packet, std::size_t clear, std::uint32_t ssrc, std::uint64_t index,
                              Bytes tag) {
    const MutableBytes secret = packet.subspan(clear);
    std::array<std::uint8_t, max_srtp_tag_bytes> expected;
    std::copy(tag.begin(), tag.end(), expected.begin());
    if (!begin_aead(packet, clear, ssrc, index, false)) return false;
    if (!secret.empty() && !update(cipher_.get(), secret, secret)) return false;
    int rest = 0;
    std::array<std::uint8_t, 16> end;
    if (EVP_CIPHER_CTX_ctrl(cipher_.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()),
                            expected.data()) == 1 &&
        EVP_DecryptFinal_ex(cipher_.get(), end.data(), &rest) == 1)
        return true;
    // Decrypting twice encrypts: the octets are what they were, for another key to be tried.
    if (begin_aead(packet, clear, ssrc, index, false) && !secret.empty())
        update(cipher_.get(), secret, secret);
    return false;
}

}  // namespace rotunda::rtp
