// The half of UserAgent that holds the sessions: commands to them, and carrying out what they ask.
#include <utility>
#include <variant>

#include "signaling/capabilities.hpp"
#include "signaling/user_agent.hpp"

namespace rotunda::sip {
namespace {

// A change has begun before the owner read that he might begin one. Read later, perhaps when the peer has
// answered, it would have him make another offer before he has read the answer to this one.
void withdraw_prompts(std::vector<UserAgentEvent>& unread, SessionId session) {
    std::erase_if(unread, [session](const UserAgentEvent& event) {
        const auto* possible = std::get_if<ReinvitePossible>(&event);
        const auto* due = std::get_if<SessionRefreshDue>(&event);
        return (possible && possible->session == session) || (due && due->session == session);
    });
}

}  // namespace

// --- commands

bool UserAgent::set_contact(SessionId session, LocalContact contact) {
    Call* call = find(session);
    if (!call || call->session.ended()) return false;
    call->session.set_contact(std::move(contact));
    return true;
}

bool UserAgent::ring(SessionId session, TimePoint now, int status, std::optional<std::string> sdp) {
    return command(session, now, [&](InviteSession& s, SessionOutbox& out) {
        return s.ring({status, std::move(sdp)}, now, out);
    });
}

bool UserAgent::accept(SessionId session, std::string sdp, TimePoint now) {
    return command(session, now,
                   [&](InviteSession& s, SessionOutbox& out) { return s.accept(std::move(sdp), now, out); });
}

bool UserAgent::reject(SessionId session, int status, std::string_view phrase, const ExtraHeaders& headers,
                       TimePoint now) {
    return command(session, now, [&](InviteSession& s, SessionOutbox& out) {
        return s.reject(status, phrase, headers, now, out);
    });
}

bool UserAgent::reinvite(SessionId session, std::optional<std::string> offer, TimePoint now) {
    return command(session, now, [&](InviteSession& s, SessionOutbox& out) {
        if (!s.reinvite(std::move(offer), now, out)) return false;
        withdraw_prompts(events_, session);
        return true;
    });
}

bool UserAgent::update(SessionId session, std::optional<std::string> offer, TimePoint now) {
    return command(session, now, [&](InviteSession& s, SessionOutbox& out) {
        if (!s.update(std::move(offer), now, out)) return false;
        withdraw_prompts(events_, session);
        return true;
    });
}

bool UserAgent::bye(SessionId session, std::string_view reason, TimePoint now) {
    return command(session, now, [&](InviteSession& s, SessionOutbox& out) { return s.bye(reason, out); });
}

void UserAgent::send_waiting_byes(TimePoint now) {
    std::vector<SessionId> sessions;
    for (const auto& [id, call] : calls_) sessions.push_back(id);
    for (const SessionId id : sessions)
        with(find(id), now, [](InviteSession& session, SessionOutbox& out) {
            session.send_waiting_bye(out);
            return true;
        });
    dispatch(now);
}

bool UserAgent::cancel(SessionId session, TimePoint now, std::string_view reason) {
    return bye(session, reason, now);
}

bool UserAgent::ping(SessionId session, TimePoint now) {
    return command(session, now, [&](InviteSession& s, SessionOutbox& out) { return s.ping(out); });
}

SessionId UserAgent::invite(OutgoingInvite call, TimePoint now) {
    if (session_count() >= settings_.max_sessions) return {};
    const SessionId id = ids_.next();
    SessionOutbox out;
    add(InviteSession(id, context_, std::move(call), now, out), out, now);
    dispatch(now);
    return id;
}

SipMessage UserAgent::make_response(const SipMessage& request, int status, std::string_view phrase) const {
    SipMessage response = SipMessage::response_to(request, status, phrase);
    add_capabilities(response, settings_);
    add_product(response, settings_);
    return response;
}

void UserAgent::respond(ServerTransactionId transaction, SipMessage response, TimePoint now) {
    transactions_.respond(transaction, std::move(response), now);
    dispatch(now);
}

template <typename Step>
bool UserAgent::command(SessionId session, TimePoint now, Step&& step) {
    const bool done = with(find(session), now, step);
    dispatch(now);
    return done;
}

// --- the sessions

UserAgent::Call* UserAgent::find(SessionId session) {
    const auto it = calls_.find(session);
    return it == calls_.end() ? nullptr : &it->second;
}

UserAgent::Call* UserAgent::find_by_tag(std::string_view local_tag) {
    const auto it = by_local_tag_.find(local_tag);
    return it == by_local_tag_.end() ? nullptr : find(it->second);
}

void UserAgent::add(InviteSession session, SessionOutbox& out, TimePoint now) {
    const SessionId id = session.id();
    Call& call = calls_.emplace(id, Call{std::move(session), {}, {}}).first->second;
    by_local_tag_.emplace(call.session.local_tag(), id);
    carry_out(call, out, now);
}

void UserAgent::carry_out(Call& call, SessionOutbox& out, TimePoint now) {
    for (SessionAction& action : out.actions) std::visit([&](auto& a) { carry_out(call, a, now); }, action);
    for (UserAgentEvent& event : out.events) events_.push_back(std::move(event));
    const SessionId id = call.session.id();
    call.session.limit_hold(now);
    timers_.set(id, call.session.next_timeout());
    if (call.session.lingers() && !std::exchange(call.lingers, true)) ++lingering_;
    if (!call.session.finished()) return;
    if (call.lingers) --lingering_;
    by_local_tag_.erase(call.session.local_tag());
    timers_.erase(id);
    calls_.erase(id);
}

void UserAgent::carry_out(Call& call, SendRequest& action, TimePoint now) {
    const std::uint32_t cseq = action.request.cseq().number;
    const bool is_invite = action.request.method() == Method::invite;
    const auto transaction = transactions_.send_request(std::move(action.request), action.flow, now);
    if (is_invite) call.invite = transaction;
    requests_.emplace(transaction, ClientRequest{call.session.id(), cseq, is_invite, action.aside});
}

void UserAgent::carry_out(Call& call, SendAck& action, TimePoint now) {
    if (action.slot >= call.acks.size()) call.acks.resize(action.slot + 1);
    action.branch = transactions_.new_branch();
    call.acks[action.slot] = action;
    // A trunk says where its calls go on: another host of its cluster, from which nothing may have come yet.
    if (call.session.identity().is_trunk() && action.flow.transport == Transport::udp)
        proofs_.push_back({action.flow, FlowProof::By::dialog});
    transactions_.send_ack(std::move(action.ack), action.flow, action.branch, now);
}

void UserAgent::carry_out(Call& call, RepeatAck& action, TimePoint now) {
    const SendAck& sent = call.acks[action.slot];
    transactions_.send_ack(sent.ack, sent.flow, sent.branch, now);
}

void UserAgent::carry_out(Call&, SendResponse& action, TimePoint now) {
    if (action.refusal) refusals_.count(*action.refusal);
    transactions_.respond(action.transaction, std::move(action.response), now);
}

void UserAgent::carry_out(Call& call, CancelInvite& action, TimePoint now) {
    transactions_.cancel(call.invite, now, action.reason);
}

void UserAgent::add_connections(std::unordered_set<ConnectionId>& used) const {
    for (const auto& [id, call] : calls_)
        if (const Flow* way = call.session.way(); way && way->connection) used.insert(way->connection);
}

}  // namespace rotunda::sip
