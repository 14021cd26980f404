// The hash of a certificate that binds a DTLS handshake to a session description (RFC 8122).
#pragma once

#include <array>
#include <cstdint>

namespace rotunda {

// SHA-256 only: what every DTLS-SRTP endpoint must have (RFC 8122 §5).
struct DtlsFingerprint {
    std::array<std::uint8_t, 32> sha256{};

    friend bool operator==(const DtlsFingerprint&, const DtlsFingerprint&) = default;
};

// Whose handshake protects a line, and who of both begins it (RFC 5763 §5). Whatever differs here means
// another handshake.
struct DtlsPeer {
    DtlsFingerprint fingerprint;
    bool we_begin = false;
    std::uint32_t association = 0;  // counts those agreed on with all else equal (RFC 8842 §3.1)

    friend bool operator==(const DtlsPeer&, const DtlsPeer&) = default;
};

}  // namespace rotunda
