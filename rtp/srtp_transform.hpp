// What SRTP does to the bytes of one packet under one session key: encryption in place and the tag (RFC 3711
// §3.1, §4; RFC 6188; RFC 7714). Knows no sequence, no replay.
//
// Encryption is OpenSSL's EVP. SHA-1 is OpenSSL's as well, but below EVP: the state after the key's block is
// plain memory that is copied for each packet, where EVP's HMAC takes and frees heap three times a packet.
#pragma once

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <memory>
#include <optional>
#include <span>

#include "base/byte_reader.hpp"
#include "base/srtp_keys.hpp"

namespace rotunda::rtp {

// RTP's or RTCP's half of a master key: each has session keys of its own (RFC 3711 §4.3.2).
enum class SrtpUse : std::uint8_t { rtp, rtcp };

inline constexpr std::size_t max_srtp_tag_bytes = 16;

// HMAC-SHA1 (RFC 2104) with the key's two blocks done once.
class HmacSha1 {
  public:
    static constexpr std::size_t key_bytes = 20;
    static constexpr std::size_t digest_bytes = 20;

    explicit HmacSha1(std::span<const std::uint8_t, key_bytes> key);
    // Over `a` followed by `b`.
    std::array<std::uint8_t, digest_bytes> digest(Bytes a, Bytes b) const;

  private:
    // SHA-1 after its first block, which is the key's.
    SHA_CTX inner_;
    SHA_CTX outer_;
};

class SrtpTransform {
  public:
    // Derives the session keys from the master key (key derivation rate 0, RFC 3711 §4.3.1). nullopt: OpenSSL
    // refuses, for want of memory or by its policy.
    static std::optional<SrtpTransform> make(const SrtpKey& master, SrtpUse use);
    // With session keys as they are; `authentication` only without AEAD. For test vectors.
    static std::optional<SrtpTransform> with_session_keys(SrtpSuite suite, SrtpUse use, Bytes key, Bytes salt,
                                                          Bytes authentication);

    std::size_t tag_bytes() const { return tag_bytes_; }
    // SRTCP's index stands before the tag (RFC 3711 §3.4), with AEAD behind it (RFC 7714 §9.2).
    bool index_before_tag() const { return !aead_; }

    // Encrypts packet[clear..] in place and writes the tag. `index`: RTP's 48 bits (ROC and sequence), or
    // RTCP's 31 with the E bit above them. False if OpenSSL fails; the packet must not be sent then.
    bool seal(MutableBytes packet, std::size_t clear, std::uint32_t ssrc, std::uint64_t index,
              MutableBytes tag);
    // The reverse. False: not authentic, and the packet is as it was.
    bool open(MutableBytes packet, std::size_t clear, std::uint32_t ssrc, std::uint64_t index, Bytes tag);

  private:
    struct FreeCipher {
        void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
    };
    using Nonce = std::array<std::uint8_t, 16>;

    SrtpTransform() = default;
    bool set_cipher(Bytes key);
    Nonce nonce(std::uint32_t ssrc, std::uint64_t index) const;
    bool crypt(MutableBytes bytes, std::uint32_t ssrc, std::uint64_t index);
    std::array<std::uint8_t, HmacSha1::digest_bytes> authenticate(Bytes packet, std::uint64_t index) const;
    bool begin_aead(Bytes packet, std::size_t clear, std::uint32_t ssrc, std::uint64_t index, bool encrypt);
    bool seal_aead(MutableBytes packet, std::size_t clear, std::uint32_t ssrc, std::uint64_t index,
                   MutableBytes tag);
    bool open_aead(MutableBytes packet, std::size_t clear, std::uint32_t ssrc, std::uint64_t index,
                   Bytes tag);

    SrtpUse use_ = SrtpUse::rtp;
    bool aead_ = false;
    std::size_t tag_bytes_ = 0;
    std::array<std::uint8_t, 14> salt_{};
    std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> cipher_;
    std::optional<HmacSha1> hmac_;
};

// The session keys of one use (RFC 3711 §4.3.1, RFC 6188 §2, RFC 7714 §11), as AES in counter mode makes them
// from the master key: label 0 to 2 for SRTP's key, authentication key and salt, 3 to 5 for SRTCP's. False if
// OpenSSL fails.
bool derive_srtp_key(const SrtpKey& master, std::uint8_t label, MutableBytes out);

}  // namespace rotunda::rtp
