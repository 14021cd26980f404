// The part of UserAgent that serves its owner besides calls: requests of any method, inside a session's
// dialog and outside, dialogs kept for other usages, and what is known of a session's peer.
#include <utility>

#include "signaling/capabilities.hpp"
#include "signaling/request_router.hpp"
#include "signaling/user_agent.hpp"

namespace rotunda::sip {
namespace {

// RFC 5057 §5.1: a 481 ends the usage the request belongs to. These belong to the call, the others to a
// subscription the owner keeps; and many a phone that takes no MESSAGE inside a call answers it so.
bool belongs_to_call(const Method& method) {
    return method != Method::refer && method != Method::subscribe && method != Method::notify &&
           method != Method::message;
}

}  // namespace

std::optional<DialogState> UserAgent::find_dialog(const DialogId& id) {
    const Call* call = find_by_tag(id.local_tag);
    if (!call || !call->session.matches(id)) return std::nullopt;
    return DialogState{call->session.id(), call->session.early(), call->session.ended()};
}

RequestId UserAgent::request(SessionId session, OutgoingRequest request, TimePoint now) {
    Call* call = find(session);
    if (!call) return {};
    auto made = call->session.make_request(std::move(request));
    if (!made) return {};
    OwnersRequest asked{request_ids_.next(), session};
    if (call->session.has_credentials()) asked.sent = made->request;
    return start(std::move(asked), std::move(made->request), made->flow, now);
}

RequestId UserAgent::send(OutgoingRequest request, TimePoint now) {
    SipMessage message = SipMessage::request(request.method, request.target);
    message.add(HeaderId::max_forwards, "70");
    for (const NameAddr& route : request.route) message.add(HeaderId::route, route);
    if (request.from.tag().empty()) request.from.set_tag(random_.token(16));
    message.set_from(request.from);
    message.set_to(request.to ? *request.to : NameAddr{{}, request.target, {}});
    message.set_call_id(request.call_id.empty() ? random_.token(26) : request.call_id);
    message.set_cseq(request.cseq, request.method);
    if (request.contact) message.add(HeaderId::contact, contact(*request.contact, request.flow));
    for (const ExtraHeader& header : request.headers) message.add(header.id, header.value);
    add_capabilities(message, settings_);
    add_product(message, settings_);
    if (!request.body.empty()) message.set_body(std::move(request.body), request.content_type);
    OwnersRequest asked{request_ids_.next(), std::nullopt, DigestClient(std::move(request.credentials))};
    if (!asked.digest.empty()) asked.sent = message;
    return start(std::move(asked), std::move(message), request.flow, now);
}

RequestId UserAgent::send(SipMessage request, const Flow& flow, TimePoint now) {
    return start({request_ids_.next(), std::nullopt}, std::move(request), flow, now);
}

RequestId UserAgent::start(OwnersRequest asked, SipMessage request, const Flow& flow, TimePoint now) {
    const RequestId id = asked.id;
    asked.flow = flow;
    asked.cseq = request.cseq().number;
    const auto transaction = transactions_.send_request(std::move(request), flow, now);
    owners_requests_.emplace(transaction, std::move(asked));
    dispatch(now);
    return id;
}

// RFC 3261 §22.2, §22.3: the same request again, as a new one with credentials.
bool UserAgent::answer_challenge(OwnersRequest& asked, const ResponseReceived& event, TimePoint now) {
    const SipMessage& challenge = event.response;
    SipMessage& sent = asked.sent;
    if (!sent.is_request() || sent.call_id().empty()) return false;
    if (asked.session) {
        Call* call = find(*asked.session);
        if (!call || !call->session.answer_challenge(sent, challenge)) return false;
    } else {
        if (!asked.digest.retry(sent, challenge)) return false;
        sent.set_cseq(sent.cseq().number + 1, sent.method());
        asked.digest.authorize(sent, random_);
    }
    asked.cseq = sent.cseq().number;
    if (!asked.session) RequestRouter::return_to(event.target, sent, asked.flow);
    const Flow flow = asked.flow;
    const auto transaction = transactions_.send_request(sent, flow, now);
    owners_requests_.emplace(transaction, std::exchange(asked, {}));
    return true;
}

RequestAnswered UserAgent::answered(const OwnersRequest& asked, std::optional<SipMessage> response,
                                    TransactionFailure failure) const {
    return {asked.id, asked.session, std::move(response),
            failure,  asked.cseq,    std::string(asked.digest.realm())};
}

bool UserAgent::is_owners_answer(ResponseReceived& event, TimePoint now) {
    const auto it = owners_requests_.find(event.transaction);
    if (it == owners_requests_.end()) return false;
    if (!event.response.is_final() || answer_challenge(it->second, event, now)) return true;
    const auto session = it->second.session;
    const bool gone = event.response.status() == 481 && belongs_to_call(event.response.method());
    RequestAnswered answer = answered(it->second, std::move(event.response), {});
    answer.flow = std::move(event.flow);
    events_.push_back(std::move(answer));
    if (session && gone)
        with(find(*session), now, [](InviteSession& call, SessionOutbox& out) {
            call.on_dialog_gone(out);
            return true;
        });
    return true;
}

bool UserAgent::is_owners_failure(const ClientTransactionFailed& event) {
    const auto it = owners_requests_.find(event.transaction);
    if (it == owners_requests_.end()) return false;
    events_.push_back(answered(it->second, std::nullopt, event.failure));
    return true;
}

LookupId UserAgent::find_way(const Uri& uri, const std::optional<IpAddress>& asker, TimePoint now) {
    const LookupId id = transactions_.find_way(uri, asker, now);
    dispatch(now);
    return id;
}

// --- dialogs with other usages

bool UserAgent::hold_dialog(SessionId session) {
    Call* call = find(session);
    if (!call) return false;
    call->session.hold_dialog();
    return true;
}

void UserAgent::release_dialog(SessionId session, TimePoint now) {
    with(find(session), now, [](InviteSession& held, SessionOutbox&) {
        held.release_dialog();
        return true;
    });
}

NameAddr UserAgent::contact(const LocalContact& contact, const Flow& flow) const {
    return contact_of(contact, flow, false, settings_);
}

std::optional<NameAddr> UserAgent::contact(SessionId session) const {
    const auto it = calls_.find(session);
    if (it == calls_.end()) return std::nullopt;
    return it->second.session.contact();
}

std::optional<SessionPeer> UserAgent::peer(SessionId session) const {
    const auto it = calls_.find(session);
    return it == calls_.end() ? std::nullopt : it->second.session.peer();
}

}  // namespace rotunda::sip
