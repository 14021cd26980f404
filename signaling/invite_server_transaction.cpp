#include "signaling/invite_server_transaction.hpp"

#include <utility>

namespace rotunda::sip {

void InviteServerTransaction::start(std::string trying, TimePoint now) {
    response_ = std::move(trying);
    trying_timer_.start(now, trying_delay);
}

bool InviteServerTransaction::respond(int status, std::string response, TimePoint now,
                                      TransactionOutbox& out) {
    switch (state_) {
        case State::proceeding:
            trying_timer_.stop();
            answered_ = true;
            if (status >= 300) {
                complete(std::move(response), now, out);
            } else if (status >= 200) {
                accept(std::move(response), now, out);
            } else {
                response_ = std::move(response);
                out.send(response_);
            }
            return true;
        case State::accepted:
            // RFC 6026 §7.1: the TU retransmits its 2xx through the transaction; anything else is dropped.
            if (status < 200 || status >= 300) return false;
            response_ = std::move(response);
            out.send(response_);
            return true;
        case State::completed:
        case State::confirmed:
        case State::terminated:
            // §17.2.1: any other final response from the TU is discarded.
            return false;
    }
    return false;
}

void InviteServerTransaction::receive_retransmission(TransactionOutbox& out) {
    // §17.2.1: the most recent response answers it. RFC 6026 §7.1: in Accepted it is absorbed, the 2xx is the
    // TU's to repeat.
    const bool repeats = state_ == State::proceeding || state_ == State::completed;
    if (repeats && answered_) out.send(response_);
}

void InviteServerTransaction::receive_ack(TimePoint now, TransactionOutbox& out) {
    // RFC 6026 §7.1: an ACK in Accepted acknowledges a 2xx and belongs to the TU.
    if (state_ == State::accepted) return out.deliver();
    if (state_ != State::completed) return;
    timer_g_.stop();
    timer_h_.stop();
    response_ = {};
    // §17.2.1: Timer I absorbs more ACKs for T4, or zero on reliable transports.
    if (reliable_) return terminate();
    state_ = State::confirmed;
    linger_.start(now, timers_.t4);
}

void InviteServerTransaction::on_transport_error(TransactionOutbox& out) {
    // RFC 6026 §8.8 (for §17.2.4): the TU is told, the transaction stays where it is.
    if (state_ == State::confirmed || state_ == State::terminated) return;
    out.transport_error();
}

void InviteServerTransaction::on_timeout(TimePoint now, TransactionOutbox& out) {
    if (trying_timer_.due(now)) {
        trying_timer_.stop();
        answered_ = true;
        out.send(response_);
    }
    if (linger_.due(now)) return terminate();
    if (timer_h_.due(now)) {
        // §17.2.1: the ACK never came.
        out.timeout();
        return terminate();
    }
    if (timer_g_.due(now)) {
        timer_g_.back_off(now, timers_.t2);
        out.send(response_);
    }
}

std::optional<TimePoint> InviteServerTransaction::next_timeout() const {
    return earliest({trying_timer_, timer_g_, timer_h_, linger_});
}

void InviteServerTransaction::accept(std::string response, TimePoint now, TransactionOutbox& out) {
    state_ = State::accepted;
    response_ = std::move(response);
    out.send(response_);
    // RFC 6026 §7.1: Timer L is 64*T1 on every transport.
    linger_.start(now, timers_.transaction_lifetime());
}

void InviteServerTransaction::complete(std::string response, TimePoint now, TransactionOutbox& out) {
    state_ = State::completed;
    response_ = std::move(response);
    out.send(response_);
    // §17.2.1: Timer H on every transport, G on unreliable ones.
    timer_h_.start(now, timers_.transaction_lifetime());
    if (!reliable_) timer_g_.start(now, timers_.t1);
}

void InviteServerTransaction::terminate() {
    state_ = State::terminated;
    trying_timer_.stop();
    timer_g_.stop();
    timer_h_.stop();
    linger_.stop();
}

}  // namespace rotunda::sip
