#include "rtp/source_latch.hpp"

#include <utility>

namespace rotunda::rtp {
namespace {

bool same_address(const IpAddress& a, const IpAddress& b) {
    return a.unmapped() == b.unmapped();
}

// A dual-stack socket shows IPv4 peers as mapped addresses; the SDP has them plain.
Endpoint plain(const Endpoint& e) {
    return {e.address.unmapped(), e.port};
}

}  // namespace

SourceLatch::SourceLatch() : SourceLatch(Config{}) {}
SourceLatch::SourceLatch(const Config& config) : config_(config) {}

void SourceLatch::on_signalled(const Endpoint& remote, const IpAddress& signaling_source, TimePoint now) {
    std::optional<Endpoint> address = plain(remote);
    // Hold by c=0.0.0.0 says nothing about where the peer is: what was known before still holds.
    if (remote.port == 0 || remote.address.is_wildcard()) address = signalled_;
    const bool first = window_end_ == TimePoint{};
    if (!first && address == signalled_ && same_address(signaling_source, signaling_source_)) return;
    signalled_ = address;
    signaling_source_ = signaling_source;
    window_end_ = now + config_.learning_window;
    candidate_ = {};
    voucher_.reset();
    stayed_ = false;
    open_ = !(locked_ && locked_ == signalled_);
    if (!open_) learnt_ = false;
}

SourceLatch::Verdict SourceLatch::on_packet(const Endpoint& from, std::uint32_t ssrc, std::uint16_t sequence,
                                            TimePoint arrival) {
    const Endpoint source = plain(from);
    const bool heard = locked_ && source == *locked_;
    const bool may_take_over = open_ || (learnt_ && arrival < window_end_);
    if (source == signalled_ && source != locked_ && may_take_over) {
        lock(source, ssrc, false, arrival);
        return Verdict::accepted;
    }
    const bool may_follow = stayed_ && !heard && arrival < window_end_;
    if ((open_ || may_follow) && voucher_ && ssrc == voucher_->ssrc && source.address == voucher_->address) {
        lock(source, ssrc, true, arrival);
        return Verdict::accepted;
    }
    if (may_learn(source, arrival) && (!heard || (open_ && ssrc == locked_ssrc_))) {
        const bool enough = count(source, ssrc, sequence, config_.packets_to_learn);
        if (enough && (heard || is_silent(arrival))) {
            lock(source, ssrc, true, arrival);
            return Verdict::accepted;
        }
        if (!heard) return Verdict::learning;
        heard_at_ = arrival;
        return Verdict::accepted;
    }
    if (heard) return on_locked_source(ssrc, sequence, arrival);
    ++strangers_;
    return Verdict::stranger;
}

// The address alone is not enough: who can forge it can rarely guess the SSRC. A stream that truly changed
// its SSRC stops sending the old one; a forger's packets, however many at once, come beside the true ones.
SourceLatch::Verdict SourceLatch::on_locked_source(std::uint32_t ssrc, std::uint16_t sequence,
                                                   TimePoint arrival) {
    if (ssrc != locked_ssrc_) {
        if (!may_change_ssrc(ssrc, sequence, arrival)) return Verdict::learning;
        ssrc_change_until_ = {};
        locked_ssrc_ = ssrc;
    }
    candidate_ = {};
    heard_at_ = arrival;
    return Verdict::accepted;
}

bool SourceLatch::may_change_ssrc(std::uint32_t ssrc, std::uint16_t sequence, TimePoint arrival) {
    if (former_ && ssrc == former_->ssrc && (is_back(arrival) || arrival < ssrc_change_until_)) {
        former_.reset();
        return true;
    }
    const bool vouched = voucher_ && ssrc == voucher_->ssrc;
    const int needed = learnt_ ? config_.packets_to_learn : config_.packets_to_change_ssrc;
    const bool enough = count(*locked_, ssrc, sequence, needed) && is_silent(arrival);
    if (!enough && !vouched && arrival >= ssrc_change_until_) return false;
    // Who changes it again and again does not make the first one forgotten.
    if (!former_ || arrival - ssrc_changed_at_ >= config_.learning_window)
        former_ = Former{locked_ssrc_, heard_at_};
    ssrc_changed_at_ = arrival;
    return true;
}

// A packet that was late when the SSRC changed is no return, nor is the comfort noise of a leg that somebody
// on the way has left open: two in a row are, whatever comes between.
bool SourceLatch::is_back(TimePoint arrival) {
    const auto before = std::exchange(former_->back_at, arrival);
    return before && arrival - *before < config_.silence_before_change &&
           arrival - former_->heard_at >= config_.silence_before_change;
}

bool SourceLatch::is_silent(TimePoint arrival) const {
    return !locked_ || arrival - heard_at_ >= config_.silence_before_change;
}

bool SourceLatch::may_learn(const Endpoint& source, TimePoint arrival) const {
    return (open_ || stayed_) && arrival < window_end_ && same_address(source.address, signaling_source_);
}

bool SourceLatch::count(const Endpoint& source, std::uint32_t ssrc, std::uint16_t sequence, int needed) {
    const bool follows = candidate_.packets > 0 && candidate_.source == source && candidate_.ssrc == ssrc &&
                         candidate_.next_sequence == sequence;
    candidate_ = {source, ssrc, static_cast<std::uint16_t>(sequence + 1),
                  follows ? candidate_.packets + 1 : 1};
    return candidate_.packets >= needed;
}

void SourceLatch::lock(const Endpoint& source, std::uint32_t ssrc, bool learnt, TimePoint arrival) {
    stayed_ = open_ && learnt && locked_ == source;
    locked_ = source;
    locked_ssrc_ = ssrc;
    heard_at_ = arrival;
    former_.reset();
    learnt_ = learnt;
    open_ = false;
    candidate_ = {};
}

void SourceLatch::vouch_for(const IpAddress& address, std::uint32_t ssrc) {
    voucher_ = Voucher{address.unmapped(), ssrc};
}

std::optional<Endpoint> SourceLatch::destination() const {
    if (locked_ && !open_) return locked_;
    return signalled_ ? signalled_ : locked_;
}

bool SourceLatch::is_learning(TimePoint now) const {
    return open_ || (learnt_ && now < window_end_);
}

}  // namespace rotunda::rtp
