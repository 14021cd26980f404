#include "signaling/invite_client_transaction.hpp"

#include <utility>

namespace rotunda::sip {

void InviteClientTransaction::start(std::string invite, TimePoint now, TransactionOutbox& out) {
    retransmission_ = std::move(invite);
    // §17.1.1.2: Timer A only on an unreliable transport, Timer B on any.
    if (!reliable_) timer_a_.start(now, timers_.t1);
    timer_b_.start(now, timers_.transaction_lifetime());
    out.send(retransmission_);
}

void InviteClientTransaction::receive_response(int status, std::string ack, TimePoint now,
                                               TransactionOutbox& out) {
    switch (state_) {
        case State::calling:
        case State::proceeding:
            // §17.1.1.2: a provisional response stops retransmission and goes to the TU, as do all final
            // ones.
            out.deliver();
            if (status < 200) {
                if (state_ == State::calling) leave_calling();
                state_ = State::proceeding;
            } else if (status < 300) {
                accept(now);
            } else {
                complete(std::move(ack), now, out);
            }
            return;
        case State::completed:
            // §17.1.1.2: each retransmission of the final response is acknowledged and not passed up.
            if (status >= 300) out.send(retransmission_);
            return;
        case State::accepted:
            // RFC 6026 §7.2: every 2xx, retransmitted or forked, goes to the TU, which acknowledges it.
            if (status >= 200 && status < 300) out.deliver();
            return;
        case State::terminated:
            return;
    }
}

void InviteClientTransaction::cancel_sent(TimePoint now) {
    // §9.1: without a final response 64*T1 after the CANCEL the INVITE counts as canceled and is destroyed.
    if (state_ == State::proceeding) timer_b_.start(now, timers_.transaction_lifetime());
}

void InviteClientTransaction::on_transport_error(TransactionOutbox& out) {
    // §17.1.4. In Accepted the transaction sends nothing that could fail, and 2xx may still come.
    if (state_ == State::accepted || state_ == State::terminated) return;
    out.transport_error();
    terminate();
}

void InviteClientTransaction::on_timeout(TimePoint now, TransactionOutbox& out) {
    if (timer_b_.due(now)) {
        out.timeout();
        return terminate();
    }
    if (linger_.due(now)) return terminate();
    if (timer_a_.due(now)) {
        // §17.1.1.2: doubled without a limit; Timer B ends it after seven INVITEs.
        timer_a_.back_off(now);
        out.send(retransmission_);
    }
}

std::optional<TimePoint> InviteClientTransaction::next_timeout() const {
    return earliest({timer_a_, timer_b_, linger_});
}

void InviteClientTransaction::complete(std::string ack, TimePoint now, TransactionOutbox& out) {
    leave_calling();
    retransmission_ = std::move(ack);
    out.send(retransmission_);
    // §17.1.1.2: Timer D is zero on reliable transports; the ACK is then on its way and nothing more is
    // awaited.
    if (reliable_) {
        state_ = State::terminated;
        return;
    }
    state_ = State::completed;
    linger_.start(now, timers_.transaction_lifetime());
}

void InviteClientTransaction::accept(TimePoint now) {
    leave_calling();
    state_ = State::accepted;
    // RFC 6026 §7.2: Timer M is 64*T1 on every transport, since a fork has nothing to do with reliability.
    linger_.start(now, timers_.transaction_lifetime());
}

void InviteClientTransaction::leave_calling() {
    timer_a_.stop();
    timer_b_.stop();
    retransmission_ = {};
}

void InviteClientTransaction::terminate() {
    state_ = State::terminated;
    timer_a_.stop();
    timer_b_.stop();
    linger_.stop();
}

}  // namespace rotunda::sip
