#include "signaling/non_invite_client_transaction.hpp"

#include <utility>

namespace rotunda::sip {

void NonInviteClientTransaction::start(std::string request, TimePoint now, TransactionOutbox& out) {
    request_ = std::move(request);
    // §17.1.2.2: Timer E only on an unreliable transport, Timer F on any.
    if (!reliable_) timer_e_.start(now, timers_.t1);
    timer_f_.start(now, timers_.transaction_lifetime());
    out.send(request_);
}

void NonInviteClientTransaction::receive_response(int status, TimePoint now, TransactionOutbox& out) {
    // §17.1.2.2: in Completed retransmitted responses are absorbed.
    if (state_ == State::completed || state_ == State::terminated) return;
    out.deliver();
    if (status < 200)
        state_ = State::proceeding;
    else
        complete(now);
}

void NonInviteClientTransaction::on_transport_error(TransactionOutbox& out) {
    // §17.1.4. Completed sends nothing that could fail.
    if (state_ == State::completed || state_ == State::terminated) return;
    out.transport_error();
    terminate();
}

void NonInviteClientTransaction::on_timeout(TimePoint now, TransactionOutbox& out) {
    if (timer_f_.due(now)) {
        out.timeout();
        return terminate();
    }
    if (timer_k_.due(now)) return terminate();
    if (timer_e_.due(now)) {
        // §17.1.2.2: doubled up to T2 in Trying, T2 in Proceeding.
        if (state_ == State::trying)
            timer_e_.back_off(now, timers_.t2);
        else
            timer_e_.start(now, timers_.t2);
        out.send(request_);
    }
}

std::optional<TimePoint> NonInviteClientTransaction::next_timeout() const {
    return earliest({timer_e_, timer_f_, timer_k_});
}

void NonInviteClientTransaction::complete(TimePoint now) {
    timer_e_.stop();
    timer_f_.stop();
    request_ = {};
    // §17.1.2.2: Timer K is T4, or zero on reliable transports, where no response comes twice.
    if (reliable_) {
        state_ = State::terminated;
        return;
    }
    state_ = State::completed;
    timer_k_.start(now, timers_.t4);
}

void NonInviteClientTransaction::terminate() {
    state_ = State::terminated;
    timer_e_.stop();
    timer_f_.stop();
    timer_k_.stop();
}

}  // namespace rotunda::sip
