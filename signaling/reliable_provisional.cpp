#include "signaling/reliable_provisional.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace rotunda::sip {

// §3: the first RSeq is chosen between 1 and 2^31 - 1; here with room left to count.
ReliableProvisional::ReliableProvisional(const TimerSettings& timers, RandomSource& random)
    : timers_(timers), rseq_(random.u32() & 0x3fffffffU) {}

void ReliableProvisional::send(ServerTransactionId transaction, SipMessage response, TimePoint now,
                               SessionOutbox& out) {
    response.add(HeaderId::require, "100rel");
    response.set(HeaderId::rseq, std::to_string(++rseq_));
    out.actions.push_back(SendResponse{transaction, response, {}});
    waiting_ = Waiting{transaction, std::move(response), timers_.t1, now + timers_.t1,
                       now + timers_.transaction_lifetime()};
}

bool ReliableProvisional::acknowledge(const SipMessage& prack) {
    const auto value = prack.header(HeaderId::rack);
    const auto rack = value ? RAck::parse(*value) : std::nullopt;
    if (!waiting_ || !rack || rack->rseq != rseq_ || rack->cseq != waiting_->response.cseq()) return false;
    waiting_.reset();
    return true;
}

void ReliableProvisional::stop_repeating() {
    if (waiting_) waiting_->resend_at = waiting_->give_up_at = TimePoint::max();
}

void ReliableProvisional::on_timeout(TimePoint now, SessionOutbox& out) {
    if (!waiting_ || now < waiting_->resend_at || waiting_->give_up_at <= now) return;
    // §3: doubled each time, on every transport; T2 is no limit here.
    waiting_->interval *= 2;
    waiting_->resend_at = now + waiting_->interval;
    out.actions.push_back(SendResponse{waiting_->transaction, waiting_->response, {}});
}

std::optional<TimePoint> ReliableProvisional::next_timeout() const {
    if (!waiting_ || waiting_->give_up_at == TimePoint::max()) return std::nullopt;
    return std::min(waiting_->resend_at, waiting_->give_up_at);
}

}  // namespace rotunda::sip
