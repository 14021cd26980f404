// The SIP user agent core (RFC 3261 §8, §12 to §15) over its transaction layer: server and client. Sans-IO,
// one instance on the signaling thread, no lock. After every call in, the owner drains take_events() and
// take_outgoing() and asks next_timeout().
//
// What comes in goes through the parser and the transaction layer to on(RequestReceived), and from there to:
//
//  - RequestGuard: who sends it, and may he (RFC 3261 §22).
//  - check_headers(): RFC 3261 §8.2.1 and §8.2.2.
//  - on_dialog_request(): a function of InviteSession for each method.
//  - on_new_request(): an INVITE makes a session, the rest is the owner's.
//
// A method is announced in Allow by putting it into handled_methods, or into the owner's settings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "base/timer_queue.hpp"
#include "signaling/flow.hpp"
#include "signaling/flow_proof.hpp"
#include "signaling/invite_session.hpp"
#include "signaling/message.hpp"
#include "signaling/parser.hpp"
#include "signaling/refusal.hpp"
#include "signaling/request_guard.hpp"
#include "signaling/session_outbox.hpp"
#include "signaling/transaction_layer.hpp"
#include "signaling/user_agent_command.hpp"
#include "signaling/user_agent_event.hpp"
#include "signaling/user_agent_settings.hpp"

namespace rotunda::sip {

class UserAgent {
  public:
    // `random` outlives the user agent.
    UserAgent(UserAgentSettings settings, RandomSource& random);
    UserAgent(const UserAgent&) = delete;
    UserAgent& operator=(const UserAgent&) = delete;

    // Who is asked about every request from now on; outlives the user agent. Without one everybody is welcome
    // and nobody is known.
    void set_guard(RequestGuard* guard) { guard_ = guard; }

    // --- from the network and the clock
    // One datagram, or one message a stream framer cut out.
    void receive(std::string_view bytes, const Flow& flow, TimePoint now);
    void receive(ParsedMessage message, const Flow& flow, TimePoint now);
    void on_timeout(TimePoint now);
    std::optional<TimePoint> next_timeout();
    // A message could not be sent to flow.remote, or the connection it would take is lost.
    void on_transport_error(const Flow& flow, TimePoint now);

    // --- to the network and the owner; each call hands over everything since the last one
    std::vector<OutgoingMessage> take_outgoing();
    std::vector<UserAgentEvent> take_events();
    // Over which flows somebody has shown that he reads what we send there, since the last call.
    std::vector<FlowProof> take_proofs() { return std::exchange(proofs_, {}); }

    // --- to and from the DNS (settings.router): each question is to be answered once, with no records where
    // there are none to be had
    std::vector<DnsQuestion> take_dns_questions() { return transactions_.take_questions(); }
    void on_dns_answer(const DnsAnswer& answer, TimePoint now);
    // Outlives the user agent. Says how what has no flow yet is to go.
    void set_flow_source(FlowSource& source) { transactions_.set_flow_source(source); }

    // --- commands
    //
    // False: the session is gone or in a state the command does not fit; nothing was done. A session that
    // just ended may still be named: its SessionEnded is on the way.

    // Our Contact from now on. Without it the user part is that of the INVITE's Request-URI.
    bool set_contact(SessionId session, LocalContact contact);
    // 180, or another status from 101 to 199; with our answer (early media), or after an INVITE without an
    // offer with ours, which is left out for a peer that does not know 100rel (RFC 3262 §5). Reliable where
    // the peer demands it, or takes it and there is SDP; the next one then waits for the PRACK.
    bool ring(SessionId session, TimePoint now, int status = 180, std::optional<std::string> sdp = {});
    // The 200 to a call or a re-INVITE, with our answer or, after an INVITE without one, our offer; after
    // OfferInResponse the ACK or PRACK with our answer. Where ring() brought the description already it is
    // not looked at again.
    bool accept(SessionId session, std::string sdp, TimePoint now);
    // A final status 300 to 699 for a call or a re-INVITE. An empty phrase: the usual one.
    bool reject(SessionId session, int status, std::string_view phrase, const ExtraHeaders& headers,
                TimePoint now);
    // An offer, or none to ask for the peer's. False also while another INVITE is in progress;
    // ReinvitePossible follows.
    bool reinvite(SessionId session, std::optional<std::string> offer, TimePoint now);
    // The same as an UPDATE (RFC 3311), which changes an offer without the three ways of an INVITE; without
    // an offer it only says that we are here. False also where the peer does not allow UPDATE.
    bool update(SessionId session, std::optional<std::string> offer, TimePoint now);
    // Ends the session by what its state demands: BYE, CANCEL, or 480. `reason`: value of a Reason header
    // field (RFC 3326), empty for none. SessionEnded follows at once, whatever the peer does.
    bool bye(SessionId session, std::string_view reason, TimePoint now);
    // Sends each BYE that still waits for the ACK to our 200 (RFC 3261 §15), when nobody is going to wait any
    // longer: at the end of the process.
    void send_waiting_byes(TimePoint now);
    // In-dialog OPTIONS; one at a time. PingResult follows unless the session ends first.
    bool ping(SessionId session, TimePoint now);

    // Which way a request to this URI would go now (RFC 3263), for whoever has to say in it where he is:
    // WayFound follows. `asker`: who wants us to go there, as in Flow.
    LookupId find_way(const Uri& uri, const std::optional<IpAddress>& asker, TimePoint now);

    // No id: as many sessions as there may be.
    SessionId invite(OutgoingInvite call, TimePoint now);
    // The same as bye(), for a call of ours that has no final answer yet.
    bool cancel(SessionId session, TimePoint now, std::string_view reason = {});

    // A request inside the session's dialog, which has been confirmed, or has ended and is held. Contact is
    // added where the method refreshes the target. No id: not possible. RequestAnswered follows.
    RequestId request(SessionId session, OutgoingRequest request, TimePoint now);
    // One outside every dialog of a session. RequestAnswered follows.
    RequestId send(OutgoingRequest request, TimePoint now);
    // The same for one that is whole but for its Via: of a dialog that is not a session's.
    RequestId send(SipMessage request, const Flow& flow, TimePoint now);
    // RFC 5057: another usage (a subscription) lives in the session's dialog, which then outlives BYE until
    // it is released as often as it was held, or for settings.hold_limit.
    bool hold_dialog(SessionId session);
    void release_dialog(SessionId session, TimePoint now);

    // Our Contact, to be put into a request or response of a dialog that is not a session's.
    NameAddr contact(const LocalContact& contact, const Flow& flow) const;
    // The session's, for the 2xx to a DialogRequestReceived; nullopt when it is gone.
    std::optional<NameAddr> contact(SessionId session) const;
    // nullopt when it is gone, or a call of ours that nobody has answered yet.
    std::optional<SessionPeer> peer(SessionId session) const;
    // A response to `request` with our Allow, Supported, Accept and Server, to be filled further (a body,
    // Retry-After).
    SipMessage make_response(const SipMessage& request, int status, std::string_view phrase = {}) const;
    // Answers a RequestReceived or DialogRequestReceived; the To tag is added.
    void respond(ServerTransactionId transaction, SipMessage response, TimePoint now);

    // --- to look at
    // The session of exactly this dialog (RFC 3891 §3); one that has ended while its BYE is on its way too.
    std::optional<DialogState> find_dialog(const DialogId& id);
    // A call that stands or rings, and `flow` comes from where our tag was told.
    bool is_partner(const DialogId& id, const Flow& flow);
    // Over which connections the peers of its sessions have last been heard.
    void add_connections(std::unordered_set<ConnectionId>& used) const;
    // Those whose BYE or CANCEL is still on its way included; not those that only answer late forks.
    std::size_t session_count() const { return calls_.size() - lingering_; }
    std::uint64_t refused(Refusal reason) const { return refusals_[reason]; }
    // Messages the parser did not accept, answered or not.
    std::uint64_t malformed(ParseReason reason) const { return malformed_[reason]; }
    const TransactionLayer& transactions() const { return transactions_; }
    // Nothing is left: no session, no transaction, no deadline.
    bool idle() const;

  private:
    struct Call {
        InviteSession session;
        ClientTransactionId invite;  // ours under way, for CANCEL
        std::vector<SendAck> acks;   // by slot
        bool lingers = false;        // only for forks that answer late
    };
    struct ClientRequest {
        SessionId session;
        std::uint32_t cseq = 0;
        bool is_invite = false;
        bool aside = false;  // of another fork's dialog: only a challenge to it is answered
    };
    struct OwnersRequest {
        RequestId id;
        std::optional<SessionId> session;
        DigestClient digest = {};  // where there is no session
        SipMessage sent = {};      // to be sent again after a challenge; empty where we could not answer one
        Flow flow = {};            // as asked for; after a challenge: where that came from
        std::uint32_t cseq = 0;    // of the last try
    };

    // user_agent.cpp
    void dispatch(TimePoint now);
    void on(RequestReceived& event, TimePoint now);
    void on(AckReceived& event, TimePoint now);
    void on(CancelReceived& event, TimePoint now);
    void on(ResponseReceived& event, TimePoint now);
    void on(StrayInviteSuccess& event, TimePoint now);
    void on(ClientTransactionFailed& event, TimePoint now);
    void on(ClientTransactionEnded& event, TimePoint now);
    void on(ServerTransactionEnded& event, TimePoint now);
    void on(WayFound& event, TimePoint) { events_.push_back(std::move(event)); }
    // The INVITE's 2xx is repeated until its ACK or the end of patience, whatever became of one copy.
    void on(ServerTransactionFailed&, TimePoint) {}
    void on_dialog_request(RequestReceived& event, TimePoint now);
    void give(InviteSession& session, RequestReceived event, std::optional<std::string> sdp, TimePoint now,
              SessionOutbox& out);
    void on_early_request(Call& call, const RequestReceived& event, TimePoint now);
    void on_new_request(RequestReceived& event, TimePoint now);
    void on_new_invite(RequestReceived& event, TimePoint now);
    bool passes_guard(RequestReceived& event, TimePoint now);
    Call* find_call(const DialogId& id);
    void prove(const SipMessage& request, FlowProof proof);
    void prove_by_response(const ResponseReceived& event);
    void prove_by_ack(const InviteSession& session, const AckReceived& event);
    void refuse(ServerTransactionId transaction, Refusal reason, SipMessage response, TimePoint now);

    // user_agent_requests.cpp
    RequestId start(OwnersRequest asked, SipMessage request, const Flow& flow, TimePoint now);
    bool answer_challenge(OwnersRequest& asked, const ResponseReceived& event, TimePoint now);
    RequestAnswered answered(const OwnersRequest& asked, std::optional<SipMessage> response,
                             TransactionFailure failure) const;
    bool is_owners_answer(ResponseReceived& event, TimePoint now);
    bool is_owners_failure(const ClientTransactionFailed& event);

    // user_agent_sessions.cpp
    Call* find(SessionId session);
    Call* find_by_tag(std::string_view local_tag);
    void add(InviteSession session, SessionOutbox& out, TimePoint now);
    // Lets `step` do something with the session, then carries out what the session asks.
    template <typename Step>
    bool with(Call* call, TimePoint now, Step&& step) {
        if (!call) return false;
        SessionOutbox out;
        const bool done = step(call->session, out);
        carry_out(*call, out, now);
        return done;
    }
    void carry_out(Call& call, SessionOutbox& out, TimePoint now);
    void carry_out(Call& call, SendRequest& action, TimePoint now);
    void carry_out(Call& call, SendAck& action, TimePoint now);
    void carry_out(Call& call, RepeatAck& action, TimePoint now);
    void carry_out(Call& call, SendResponse& action, TimePoint now);
    void carry_out(Call& call, CancelInvite& action, TimePoint now);
    template <typename Step>
    bool command(SessionId session, TimePoint now, Step&& step);

    UserAgentSettings settings_;
    RandomSource& random_;
    RequestGuard* guard_ = nullptr;
    TransactionLayer transactions_;
    SessionContext context_;

    IdSource<SessionId> ids_;
    std::unordered_map<SessionId, Call> calls_;
    std::size_t lingering_ = 0;  // of these
    // Our tags are our own random text, so that nobody outside chooses the keys; the whole dialog id is
    // compared then.
    std::unordered_map<std::string_view, SessionId> by_local_tag_;
    std::unordered_map<ServerTransactionId, SessionId> invites_;  // theirs, for CANCEL
    std::unordered_map<ClientTransactionId, ClientRequest> requests_;
    IdSource<RequestId> request_ids_;
    std::unordered_map<ClientTransactionId, OwnersRequest> owners_requests_;
    TimerQueue<SessionId> timers_;

    std::vector<UserAgentEvent> events_;
    std::vector<FlowProof> proofs_;
    RefusalCounters refusals_;
    ReasonCounters<ParseReason> malformed_;
};

}  // namespace rotunda::sip
