// How a server ends: refusing, announcing, hanging up.
#include "server/server_parts.hpp"

namespace rotunda::server {
namespace {

// Answers to our BYEs are waited for so long at most.
constexpr Duration farewell = std::chrono::milliseconds(1500);
// So long at most the events of the last calls may wait for those they are told to; looked at so often.
constexpr Duration last_words = std::chrono::seconds(5), between_looks = std::chrono::milliseconds(50);
// RFC 3326: Reason tells the peer why this BYE ends his call.
constexpr std::string_view shutdown_reason = "SIP;cause=503;text=\"Shutting down\"";

}  // namespace

void Server::Parts::stop() {
    loop.post([this] { on_stop_signal(); });
}

// Asked over HTTP: unlike at SIGTERM, no deadline means that calls may take all the time they want. The
// service manager hears nothing of it: told that we stop it would kill us after its own time.
void Server::Parts::drain() {
    if (phase_ != Phase::serving) return;
    begin_draining();
    set_drain_end();
    loop.post([this] { settle(); });  // it may end the server, which owes an answer first
}

void Server::Parts::begin_draining() {
    events_.write({LogLevel::info,
                   "server.draining",
                   "no new calls",
                   {{"calls", std::to_string(focus_.calls())},
                    {"deadline_ms", std::to_string(config_.drain_deadline / std::chrono::milliseconds(1))}}});
    draining_since_ = clock_.now();
    phase_ = Phase::draining;
    focus_.refuse_new_calls();
}

// The deadline may change while it drains.
void Server::Parts::set_drain_end() {
    if (phase_ != Phase::draining) return;
    const bool ends = signalled_ || config_.drain_deadline > Duration(0);
    end_timer_.set(ends ? std::optional(draining_since_ + config_.drain_deadline) : std::nullopt);
}

// A server that was told over HTTP to drain goes on with it at the first signal (a container's preStop hook
// comes before SIGTERM), but no longer than the deadline.
void Server::Parts::on_stop_signal() {
    if (std::exchange(signalled_, true)) {
        phase_ = Phase::stopped;
        return loop.stop();
    }
    if (phase_ > Phase::draining) return;
    service_.stopping();
    drain();
    if (config_.drain_deadline == Duration(0)) hang_up();
}

void Server::Parts::announce_end() {
    phase_ = Phase::announcing;
    focus_.announce_end();
    end_timer_.set(clock_.now() + media::closing_chime_lasts);
    settle();
}

void Server::Parts::hang_up() {
    phase_ = Phase::hanging_up;
    focus_.end_all_calls(shutdown_reason, clock_.now());
    focus_.sign_off(clock_.now());
    end_timer_.set(clock_.now() + farewell);
    settle();
}

// A peer who never acknowledged our 200 learns now that the call is over.
void Server::Parts::end_farewell() {
    agent_.send_waiting_byes(clock_.now());
    settle();
    if (phase_ < Phase::telling) tell_last_events();
}

// Every BYE answered and every leg's quality line written.
void Server::Parts::stop_if_quiet() {
    if (phase_ >= Phase::telling || !focus_.idle() || agent_.session_count() > 0) return;
    tell_last_events();
}

// Else nobody who watches, and no program that bills by events, would ever hear of the end of the last calls.
void Server::Parts::tell_last_events() {
    const TimePoint now = clock_.now();
    if (phase_ < Phase::telling) telling_until_ = now + last_words;
    phase_ = Phase::telling;
    const bool watchers_know = http_.push_last_events();
    if ((watchers_know && webhooks_.unsent() == 0) || now >= telling_until_) {
        phase_ = Phase::stopped;
        return loop.stop();
    }
    end_timer_.set(now + between_looks);
}

}  // namespace rotunda::server
