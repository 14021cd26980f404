#include "media/media_crypto.hpp"

namespace rotunda::media {

namespace {

std::optional<Bytes> plain(Bytes datagram, const rtp::SrtpSession::Opened& opened) {
    if (opened.verdict != rtp::SrtpVerdict::opened) return std::nullopt;
    return datagram.first(opened.size);
}

}  // namespace

void MediaCrypto::configure(const std::optional<SrtpKeys>& keys) {
    wanted_ = keys.has_value();
    if (wanted_ && srtp_ && srtp_->rekey(*keys)) return;
    former_ = counters();
    // Should OpenSSL refuse, nothing is sent or taken: never in the clear what was to be secret.
    srtp_ = wanted_ ? rtp::SrtpSession::make(*keys) : nullptr;
}

std::optional<Bytes> MediaCrypto::open_rtp(MutableBytes datagram) {
    if (!wanted_) return datagram;
    return srtp_ ? plain(datagram, srtp_->unprotect_rtp(datagram)) : std::nullopt;
}

std::optional<Bytes> MediaCrypto::open_rtcp(MutableBytes datagram) {
    if (!wanted_) return datagram;
    return srtp_ ? plain(datagram, srtp_->unprotect_rtcp(datagram)) : std::nullopt;
}

Bytes MediaCrypto::seal_rtp(MutableBytes buffer, std::size_t size) {
    if (!wanted_) return buffer.first(size);
    return buffer.first(srtp_ ? srtp_->protect_rtp(buffer, size) : 0);
}

Bytes MediaCrypto::seal_rtcp(MutableBytes buffer, std::size_t size) {
    if (!wanted_) return buffer.first(size);
    return buffer.first(srtp_ ? srtp_->protect_rtcp(buffer, size) : 0);
}

std::optional<SrtpSuite> MediaCrypto::suite() const {
    if (!srtp_) return std::nullopt;
    return srtp_->keys().receive.suite;
}

std::optional<SrtpReceived> MediaCrypto::received() const {
    if (!srtp_) return std::nullopt;
    return srtp_->received();
}

void MediaCrypto::resume(const SrtpReceived& earlier) {
    if (srtp_) srtp_->resume(earlier);
}

rtp::SrtpCounters MediaCrypto::counters() const {
    rtp::SrtpCounters out = former_;
    if (!srtp_) return out;
    out.malformed += srtp_->counters().malformed;
    out.replayed += srtp_->counters().replayed;
    out.not_authentic += srtp_->counters().not_authentic;
    return out;
}

}  // namespace rotunda::media
