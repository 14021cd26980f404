#include "tests/rtp/srtp_reference.hpp"

#include <srtp2/srtp.h>

#include <cstdlib>

namespace rotunda::rtp::test {
namespace {

void set_policy(SrtpSuite suite, srtp_policy_t& policy) {
    switch (suite) {
        case SrtpSuite::aes_cm_128_hmac_sha1_80:
            srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
            break;
        case SrtpSuite::aes_cm_128_hmac_sha1_32:
            srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
            break;
        case SrtpSuite::aes_256_cm_hmac_sha1_80:
            srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy.rtp);
            break;
        case SrtpSuite::aes_256_cm_hmac_sha1_32:
            srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&policy.rtp);
            break;
        case SrtpSuite::aead_aes_128_gcm:
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
            break;
        case SrtpSuite::aead_aes_256_gcm:
            srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
            break;
    }
    policy.rtcp = policy.rtp;
    policy.rtcp.auth_tag_len = static_cast<int>(facts(suite).rtcp_bytes);
}

srtp_t make(const SrtpKey& key, srtp_ssrc_type_t direction) {
    [[maybe_unused]] static const auto started = srtp_init();
    SrtpKey copy = key;
    srtp_policy_t policy{};
    set_policy(key.suite, policy);
    policy.ssrc = {direction, 0};
    policy.key = copy.bytes.data();
    policy.window_size = ReplayWindow::length;
    srtp_t session = nullptr;
    if (srtp_create(&session, &policy) != srtp_err_status_ok) std::abort();
    return session;
}

template <typename Call>
std::size_t protect(Call call, srtp_t session, MutableBytes buffer, std::size_t size) {
    int length = static_cast<int>(size);
    return call(session, buffer.data(), &length) == srtp_err_status_ok ? static_cast<std::size_t>(length) : 0;
}

template <typename Call>
SrtpSession::Opened unprotect(Call call, srtp_t session, MutableBytes datagram) {
    int length = static_cast<int>(datagram.size());
    switch (call(session, datagram.data(), &length)) {
        case srtp_err_status_ok:
            return {SrtpVerdict::opened, static_cast<std::size_t>(length)};
        case srtp_err_status_replay_fail:
        case srtp_err_status_replay_old:
            return {SrtpVerdict::replayed, 0};
        case srtp_err_status_auth_fail:
            return {SrtpVerdict::not_authentic, 0};
        default:
            return {SrtpVerdict::malformed, 0};
    }
}

}  // namespace

void SrtpReference::Free::operator()(srtp_ctx_t_* session) const {
    srtp_dealloc(session);
}

SrtpReference::SrtpReference(const SrtpKeys& keys)
    : send_(make(keys.send, ssrc_any_outbound)), receive_(make(keys.receive, ssrc_any_inbound)) {}

std::size_t SrtpReference::protect_rtp(MutableBytes buffer, std::size_t size) {
    return protect(srtp_protect, send_.get(), buffer, size);
}
std::size_t SrtpReference::protect_rtcp(MutableBytes buffer, std::size_t size) {
    return protect(srtp_protect_rtcp, send_.get(), buffer, size);
}
SrtpSession::Opened SrtpReference::unprotect_rtp(MutableBytes datagram) {
    return unprotect(srtp_unprotect, receive_.get(), datagram);
}
SrtpSession::Opened SrtpReference::unprotect_rtcp(MutableBytes datagram) {
    return unprotect(srtp_unprotect_rtcp, receive_.get(), datagram);
}

}  // namespace rotunda::rtp::test
