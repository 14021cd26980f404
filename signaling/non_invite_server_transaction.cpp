#include "signaling/non_invite_server_transaction.hpp"

#include <utility>

namespace rotunda::sip {

void NonInviteServerTransaction::start(std::string trying, TimePoint now) {
    response_ = std::move(trying);
    trying_timer_.start(now, timers_.until_timer_e_is_t2());
    lifetime_.start(now, timers_.transaction_lifetime());
}

bool NonInviteServerTransaction::respond(int status, std::string response, TimePoint now,
                                         TransactionOutbox& out) {
    const bool open = state_ == State::trying || state_ == State::proceeding;
    // RFC 4320 §4.1: no provisional response but 100, and that not before its time: on_timeout() sends it.
    if (!open || status < 200) return false;
    if (status == 408) {
        // RFC 4320 §4.2: the client has timed out by itself; a 408 would only mislead it.
        terminate();
        return false;
    }
    complete(std::move(response), now, out);
    return true;
}

void NonInviteServerTransaction::receive_retransmission(TransactionOutbox& out) {
    // §17.2.2: silence in Trying, else the most recent response again.
    if (state_ == State::proceeding || state_ == State::completed) out.send(response_);
}

void NonInviteServerTransaction::on_transport_error(TransactionOutbox& out) {
    // RFC 6026 §8.8 (for §17.2.4): the TU is told, the transaction stays where it is.
    if (state_ != State::terminated) out.transport_error();
}

void NonInviteServerTransaction::on_timeout(TimePoint now, TransactionOutbox& out) {
    if (lifetime_.due(now)) {
        // RFC 4320 §4.2: who cannot answer before the transaction expires does not answer at all.
        if (state_ != State::completed) out.timeout();
        return terminate();
    }
    if (trying_timer_.due(now)) {
        trying_timer_.stop();
        state_ = State::proceeding;
        out.send(response_);
    }
}

std::optional<TimePoint> NonInviteServerTransaction::next_timeout() const {
    return earliest({trying_timer_, lifetime_});
}

void NonInviteServerTransaction::complete(std::string response, TimePoint now, TransactionOutbox& out) {
    trying_timer_.stop();
    response_ = std::move(response);
    out.send(response_);
    // §17.2.2: Timer J absorbs retransmitted requests for 64*T1, or zero on reliable transports.
    if (reliable_) return terminate();
    state_ = State::completed;
    lifetime_.start(now, timers_.transaction_lifetime());
}

void NonInviteServerTransaction::terminate() {
    state_ = State::terminated;
    trying_timer_.stop();
    lifetime_.stop();
}

}  // namespace rotunda::sip
