#include "media/secure_path.hpp"

#include <algorithm>

namespace rotunda::media {

namespace {

// A flight of the peer's; what does not fit he sends again.
constexpr std::size_t most_waiting = 8;
// A handshake that somebody spoiled is tried again.
constexpr int most_attempts = 5;
constexpr Duration between_attempts = std::chrono::seconds(1);

Endpoint plain(const Endpoint& e) {
    return {e.address.unmapped(), e.port};
}

}  // namespace

SecurePath::SecurePath(MediaTransport& socket, HandshakeQueue& queue, const rtp::DtlsIdentity* identity)
    : socket_(socket), queue_(&queue), identity_(identity) {}

SecurePath::~SecurePath() {
    leave_queue();
}

void SecurePath::leave_queue() {
    if (queue_) queue_->remove(*this);
    queue_ = nullptr;
}

// Whatever waited for a turn gets one: a step with nothing to do is harmless.
void SecurePath::enter_queue(HandshakeQueue& queue, TimePoint now) {
    queue_ = &queue;
    if (dtls_ && (!settled_ || !inbox_.empty())) queue_->add(*this, now);
}

void SecurePath::configure(const PathSecurity& security, TimePoint now) {
    const bool anew = security.dtls != agreed_.dtls;
    agreed_ = security;
    if (agreed_.ice) {
        if (!ice_) ice_ = std::make_unique<rtp::IceLite>();
        ice_->configure(*agreed_.ice);
    } else {
        ice_.reset();
    }
    if (!agreed_.dtls) {
        dtls_.reset();
        settled_ = true;
        return crypto_.configure(agreed_.srtp);
    }
    if (!anew) return;
    attempts_ = 0;
    crypto_.await_keys();
    begin(now);
}

std::optional<Endpoint> SecurePath::selected(TimePoint now) const {
    return ice_ ? ice_->selected(now) : std::nullopt;
}

void SecurePath::begin(TimePoint now) {
    rtp::DtlsSession::Config config;
    config.role = agreed_.dtls->we_begin ? rtp::DtlsRole::active : rtp::DtlsRole::passive;
    config.peer = agreed_.dtls->fingerprint;
    dtls_ = identity_ ? rtp::DtlsSession::make(*identity_, config, now) : nullptr;
    again_at_.reset();
    inbox_.clear();
    answers_to_.reset();
    settled_ = false;
    wants_begin_ = agreed_.dtls->we_begin;
    ++attempts_;
    if (!dtls_) {
        settled_ = true;
        end_ = HandshakeEnd{std::nullopt, "no DTLS here"};
    }
}

void SecurePath::on_stun(Bytes datagram, const ReceivedDatagram& received) {
    if (!ice_) {
        ++refused_;
        return;
    }
    const Bytes response = ice_->handle(datagram, received.source, received.arrival);
    if (!response.empty()) socket_.send(response, received.source);
}

// Whoever can show the right certificate gets the keys; these are the addresses that may try, so that a
// stranger can neither spoil a handshake nor make us compute.
bool SecurePath::may_shake_hands(const Endpoint& source) const {
    if (ice_) return ice_->is_proven(source);
    return plain(source) == agreed_.remote ||
           source.address.unmapped() == agreed_.signaling_source.unmapped();
}

// After an ICE restart the pair that stands goes on until another is nominated (RFC 8445 §9).
bool SecurePath::lets_through(const ReceivedDatagram& received) {
    const Endpoint& source = received.source;
    if (!ice_ || ice_->is_proven(source) || ice_->selected(received.arrival) == plain(source)) return true;
    ++refused_;
    return false;
}

void SecurePath::on_dtls(Bytes datagram, const ReceivedDatagram& received) {
    if (!dtls_ || inbox_.size() == most_waiting || !may_shake_hands(received.source)) {
        ++refused_;
        return;
    }
    if (NamedAddress::is_sign(received.source, agreed_.remote))
        named_.heard(received.source.address, agreed_.remote);
    inbox_.push_back({{datagram.begin(), datagram.end()}, received.source});
    queue_->add(*this, received.arrival);
}

void SecurePath::on_tick(TimePoint now) {
    if (settled_) return;
    const auto due = dtls_ ? dtls_->next_timeout() : again_at_;
    if (wants_begin_ || (due && *due <= now)) queue_->add(*this, now);
}

bool SecurePath::run_step(TimePoint now) {
    if (again_at_ && *again_at_ <= now) begin(now);
    if (!dtls_) return false;
    if (wants_begin_) {
        answers_to_ = ice_ ? ice_->selected(now)
                      : agreed_.remote.port != 0 && !agreed_.remote.address.is_wildcard()
                          ? std::optional(agreed_.remote)
                          : std::nullopt;
        if (!answers_to_) return false;
        wants_begin_ = false;
        dtls_->start(now);
    } else if (!inbox_.empty()) {
        const Waiting next = std::move(inbox_.front());
        inbox_.erase(inbox_.begin());
        // A forged datagram in the middle of a handshake must not turn our flights to somebody who never
        // asked.
        if (ice_ || !dtls_->cookie_came_back()) answers_to_ = next.source;
        dtls_->handle(next.datagram, next.source, now);
    } else if (const auto due = dtls_->next_timeout(); due && *due <= now) {
        dtls_->on_timeout(now);
    }
    send_flight(now);
    check_end(now);
    return !inbox_.empty();
}

void SecurePath::send_flight(TimePoint now) {
    for (const auto& datagram : dtls_->take_datagrams())
        if (answers_to_ && may_say(datagram.size(), now)) socket_.send(datagram, *answers_to_);
}

// The passive side answers, and asks for its cookie first.
bool SecurePath::may_say(std::size_t octets, TimePoint now) {
    if (!agreed_.only_named || ice_ || !agreed_.dtls->we_begin || *answers_to_ != agreed_.remote) return true;
    return named_.may_send(*answers_to_, octets, now);
}

void SecurePath::check_end(TimePoint now) {
    if (settled_ || dtls_->state() == rtp::DtlsState::handshaking) return;
    if (dtls_->state() == rtp::DtlsState::established) {
        settled_ = true;
        crypto_.configure(dtls_->keys());
        end_ = HandshakeEnd{dtls_->keys()->receive.suite, ""};
        return;
    }
    end_ = HandshakeEnd{std::nullopt, dtls_->failure()};
    dtls_.reset();
    inbox_.clear();
    if (attempts_ < most_attempts)
        again_at_ = now + between_attempts;
    else
        settled_ = true;
}

}  // namespace rotunda::media
