// One call: the INVITE usage of one dialog as a state machine (RFC 3261 §13 to §15, RFC 3264, RFC 6337, RFC
// 5407). Sans-IO, no transactions of its own: the user agent feeds it what they say and carries out what it
// asks.
//
// At most one INVITE is under way in either direction. It is in exactly one of these, or there is none:
//   remote_invite_   theirs, waiting for the owner's answer
//   success_         theirs, answered 2xx, waiting for the ACK
//   local_invite_    ours, waiting for a final response
//   owed_ack_        ours, answered 2xx with an offer, waiting for the owner's answer that goes in the ACK
//
// An UPDATE (RFC 3311) needs no ACK, so at most one in either direction:
//   remote_update_   theirs, with an offer that waits for the owner's answer; without one it is answered at
//                    once
//   local_update_    ours, waiting for a final response
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/boxed.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "signaling/dialog.hpp"
#include "signaling/digest_client.hpp"
#include "signaling/message.hpp"
#include "signaling/reliable_provisional.hpp"
#include "signaling/session_outbox.hpp"
#include "signaling/session_timer.hpp"
#include "signaling/timer_settings.hpp"
#include "signaling/transaction_event.hpp"
#include "signaling/user_agent_command.hpp"
#include "signaling/user_agent_event.hpp"
#include "signaling/user_agent_settings.hpp"

namespace rotunda::sip {

// What all sessions of one user agent share; it outlives them.
struct SessionContext {
    const UserAgentSettings& settings;
    TimerSettings timers;
    RandomSource& random;
};

// A provisional response above 100, with an offer or answer where there is one.
struct Ringing {
    int status = 180;
    std::optional<std::string> sdp;
};

// Reliable provisional responses of the peer's that we have taken: the last one's RSeq, and how many.
struct ReliableSeen {
    std::uint32_t last = 0;
    int count = 0;
};

class InviteSession {
  public:
    // A call that came in; the request has been checked. IncomingInvite is the first event.
    InviteSession(SessionId id, const SessionContext& context, RequestReceived invite,
                  std::optional<std::string> offer, TimePoint now, SessionOutbox& out);
    // A call we make.
    InviteSession(SessionId id, const SessionContext& context, OutgoingInvite call, TimePoint now,
                  SessionOutbox& out);

    // --- from the peer, inside this dialog
    void on_invite(RequestReceived invite, std::optional<std::string> offer, TimePoint now,
                   SessionOutbox& out);
    void on_bye(const RequestReceived& bye, SessionOutbox& out);
    void on_options(const RequestReceived& options, SessionOutbox& out);
    void on_info(const RequestReceived& info, SessionOutbox& out);
    // Of a method the owner answers.
    void on_owners_request(RequestReceived request, SessionOutbox& out);
    void on_update(RequestReceived update, std::optional<std::string> offer, TimePoint now,
                   SessionOutbox& out);
    void on_prack(RequestReceived prack, std::optional<std::string> sdp, TimePoint now, SessionOutbox& out);
    // In an early dialog of one of our forks.
    void on_early_request(const RequestReceived& request, bool has_offer, SessionOutbox& out);
    void on_ack(const AckReceived& ack, TimePoint now, SessionOutbox& out);
    // The peer cancels his INVITE that has no final response yet.
    void on_cancel(const CancelReceived& cancel, TimePoint now, SessionOutbox& out);
    // Any response to a request of this session, also a 2xx of another fork. `sent_to`: where that request
    // went, if the response comes from there.
    void on_response(const SipMessage& response, const Flow& flow, TimePoint now, SessionOutbox& out,
                     const std::optional<Flow>& sent_to = {});
    // The same for a request in a fork's dialog that is not this session's.
    void on_aside_response(const SipMessage& response, SessionOutbox& out);
    // The transaction of an INVITE of this session is over: no fork answers it any more.
    void on_invite_over() { --open_invites_; }
    // A request of this session got no response.
    void on_request_failed(std::uint32_t cseq, TransactionFailure failure, TimePoint now, SessionOutbox& out);

    void on_timeout(TimePoint now, SessionOutbox& out);
    std::optional<TimePoint> next_timeout() const;

    // --- commands, as UserAgent describes them
    void set_contact(LocalContact contact) { contact_ = std::move(contact); }
    bool ring(Ringing ringing, TimePoint now, SessionOutbox& out);
    bool accept(std::string sdp, TimePoint now, SessionOutbox& out);
    bool reject(int status, std::string_view phrase, const ExtraHeaders& headers, TimePoint now,
                SessionOutbox& out);
    bool reinvite(std::optional<std::string> offer, TimePoint now, SessionOutbox& out);
    bool update(std::optional<std::string> offer, TimePoint now, SessionOutbox& out);
    bool bye(std::string_view reason, SessionOutbox& out);
    void send_waiting_bye(SessionOutbox& out);
    bool ping(SessionOutbox& out);
    // The owner's request, to be sent as it is; nullopt where the dialog does not allow one.
    std::optional<SendRequest> make_request(OutgoingRequest request);
    // After a challenge to it: `sent` is to be sent again. False: there is nothing to answer it with.
    bool answer_challenge(SipMessage& sent, const SipMessage& challenge);
    // The peer does not know the dialog of a request of the owner's any more.
    void on_dialog_gone(SessionOutbox& out);
    void hold_dialog() { ++holds_; }
    void release_dialog();
    // To be called after every other: a dialog that is only held is not held for ever.
    void limit_hold(TimePoint now);

    // --- to look at
    SessionId id() const { return id_; }
    // Who is at the other end.
    const Identity& identity() const { return identity_; }
    // Where our tag was told first, until somebody answers a request of ours from elsewhere: who names that
    // tag shows that what we send there is read.
    const Flow& told() const { return told_; }
    void set_told(const Flow& flow) { told_ = flow; }
    // Ours alone in this process: the user agent finds the session by it.
    const std::string& local_tag() const { return local_tag_; }
    // Our Contact; of use once there is a dialog.
    NameAddr contact() const;
    // nullopt before there is a dialog.
    std::optional<SessionPeer> peer() const;
    // We may answer challenges.
    bool has_credentials() const { return !digest_.empty(); }
    // The way the peer last reached us; null before there is a dialog.
    const Flow* way() const { return dialog_ ? &dialog_->flow() : nullptr; }
    // True for exactly this dialog.
    bool matches(const DialogId& id) const { return dialog_ && dialog_->id() == id; }
    // True for one of the forks of our call that ring.
    bool matches_early(const DialogId& id) const;
    bool ended() const { return ended_; }
    // The peer's call, not answered by us yet.
    bool early() const { return remote_invite_ && !confirmed_; }
    // The ACK with this CSeq is the one that makes the call stand.
    bool awaits_first_ack(const CSeq& cseq) const { return !confirmed_ && awaits_ack(cseq); }
    // It is the one some 2xx of ours waits for.
    bool awaits_ack(const CSeq& cseq) const { return success_ && success_->cseq == cseq.number; }
    // SessionEnded has been said, nothing is under way any more and nobody holds the dialog; but another fork
    // may still answer our INVITE.
    bool lingers() const;
    // And that is over too.
    bool finished() const;

  private:
    struct RemoteInvite {
        ServerTransactionId transaction;
        SipMessage request;
        Flow flow;
        bool has_offer = false;
        bool takes_reliable = false;           // Supported: 100rel
        bool needs_reliable = false;           // Require: 100rel
        std::optional<std::string> early_sdp;  // what a reliable provisional response of ours said
        bool agreed = false;                   // and its PRACK came: offer and answer are done
    };
    struct Success {  // our 2xx on its way
        ServerTransactionId transaction;
        SipMessage response;
        std::uint32_t cseq = 0;
        bool has_offer = false;  // ours: the ACK brings the answer
        Duration interval{};
        TimePoint resend_at;
        TimePoint give_up_at;
    };
    struct LocalInvite {
        std::uint32_t cseq = 0;
        bool has_offer = false;
        bool canceled = false;
        TimePoint give_up_at;
        SipMessage request;  // the first one, for another try
        Flow flow;
        ReliableSeen reliable;                   // of a re-INVITE
        std::optional<std::string> early_sdp{};  // and the answer that one of those brought
    };
    struct EarlyDialog {  // of one fork of our first INVITE
        Dialog dialog;
        ReliableSeen reliable;
        std::optional<std::string> sdp;  // what those said: the answer, or an offer
        bool answered = false;           // the offer, by our PRACK
    };
    struct EarlySdp {  // what the reliable provisional responses to an INVITE of ours have settled
        std::optional<std::string> sdp;
        bool answered = false;
    };
    struct OwedPrack {  // for the offer in a reliable provisional response
        std::string to_tag;
        std::uint32_t rseq = 0;
        std::uint32_t cseq = 0;
    };
    struct RemoteUpdate {
        ServerTransactionId transaction;
        SipMessage request;
        Flow flow;
    };
    struct LocalUpdate {
        std::uint32_t cseq = 0;
        bool has_offer = false;
    };
    struct OwedAck {
        std::uint32_t cseq = 0;
        TimePoint give_up_at;
    };
    struct Challengeable {  // a request under way
        SipMessage request;
        Flow flow;
        bool aside = false;
    };
    struct SentAck {  // of one fork, the last one; its place in sent_acks_ is its slot
        std::uint32_t cseq = 0;
        std::string to_tag;
        int repeated = 0;
    };

    // invite_session.cpp
    bool idle() const;
    bool done() const;
    void end(EndCause cause, int status, std::string reason, SessionOutbox& out);
    void end_with_bye(EndCause cause, int status, std::string_view reason_header, SessionOutbox& out);
    void send_bye(std::string_view reason_header, SessionOutbox& out);
    bool is_held() const { return holds_ > 0; }
    void cancel_invite(std::string_view reason_header, SessionOutbox& out);
    void say_reinvite_possible(TimePoint now, SessionOutbox& out);
    void confirm(SessionOutbox& out);

    // invite_session_server.cpp
    SipMessage make_response(const SipMessage& request, int status, std::string_view phrase = {}) const;
    SipMessage make_dialog_response(const SipMessage& request, const Flow& flow, int status) const;
    void refuse(const RequestReceived& request, Refusal reason, SessionOutbox& out);
    bool in_order(const RequestReceived& request, SessionOutbox& out);
    std::optional<Refusal> invite_conflict() const;
    void hold_invite(const RequestReceived& invite, bool has_offer);
    void accept_remote_invite(std::string sdp, TimePoint now, SessionOutbox& out);
    void answer_remote_invite(int status, std::string_view phrase, const ExtraHeaders& headers,
                              SessionOutbox& out);
    void start_ring_limit(const SipMessage& invite, TimePoint now);
    void stop_ringing();
    void on_ring_limit(SessionOutbox& out);
    void resend_success(TimePoint now, SessionOutbox& out);
    void on_no_ack(SessionOutbox& out);

    // invite_session_provisional.cpp
    void send_ringing(Ringing ringing, TimePoint now, SessionOutbox& out);
    void take_prack_sdp(RequestReceived prack, std::optional<std::string> sdp, SessionOutbox& out);
    void continue_invite(TimePoint now, SessionOutbox& out);
    void on_provisional_timeout(TimePoint now, SessionOutbox& out);

    // invite_session_early.cpp
    EarlyDialog* early_dialog(std::string_view to_tag);
    EarlyDialog* early_dialog(const SipMessage& response, const Flow& flow);
    void on_reinvite_progress(const SipMessage& response, SessionOutbox& out);
    void take_reliable(EarlyDialog& early, const SipMessage& response, std::uint32_t rseq,
                       const std::optional<std::string>& sdp, SessionOutbox& out);
    void send_prack(Dialog& dialog, std::uint32_t rseq, std::uint32_t cseq, std::optional<std::string> sdp,
                    SessionOutbox& out);
    void answer_in_prack(std::string sdp, SessionOutbox& out);
    EarlyDialog confirm_fork(const SipMessage& success, const Flow& flow);

    // Who called us and proved nothing learns from no request of ours what we are.
    void say_product(SipMessage& request) const;

    // invite_session_digest.cpp
    void authorize(SipMessage& request);
    void send_request(SipMessage request, const Flow& flow, SessionOutbox& out);
    void send(Challengeable asked, SessionOutbox& out);
    bool send_again(const SipMessage& response, const std::optional<Flow>& sent_to, SessionOutbox& out);
    void send_aside(SipMessage request, const Flow& flow, SessionOutbox& out);
    std::uint32_t cseq_after(const SipMessage& sent);
    std::uint32_t next_cseq(const Method& method);
    void renumber(const Method& method, std::uint32_t old_cseq, std::uint32_t cseq);

    // invite_session_update.cpp
    std::optional<Refusal> update_conflict(bool has_offer) const;
    void accept_update(const RemoteUpdate& update, std::optional<std::string> sdp, TimePoint now,
                       SessionOutbox& out);
    void reject_update(int status, std::string_view phrase, const ExtraHeaders& headers, SessionOutbox& out);
    bool may_change(TimePoint now);
    void note_allowed(const SipMessage& from_peer);
    void send_update(std::optional<std::string> offer, SessionOutbox& out);
    void refresh(TimePoint now, SessionOutbox& out);
    void on_update_success(const SipMessage& response, TimePoint now, SessionOutbox& out);
    void on_update_failure(int status, const SipMessage* response, TimePoint now, SessionOutbox& out);
    void on_change_failed(int status, const SipMessage* response, bool had_offer, TimePoint now,
                          SessionOutbox& out);

    // invite_session_client.cpp
    void send_invite(SipMessage invite, std::optional<std::string> sdp, const Flow& flow,
                     TimePoint give_up_at, SessionOutbox& out);
    void on_invite_response(const SipMessage& response, const Flow& flow, TimePoint now, SessionOutbox& out);
    void on_invite_progress(const SipMessage& response, const Flow& flow, SessionOutbox& out);
    void on_redirect(const SipMessage& response, const Flow& flow, SessionOutbox& out);
    void on_invite_success(const SipMessage& response, const Flow& flow, TimePoint now, SessionOutbox& out);
    void conclude(const SipMessage& success, bool offered, EarlySdp early, TimePoint now, SessionOutbox& out);
    void on_invite_failure(int status, std::string_view reason, const SipMessage* response, EndCause cause,
                           TimePoint now, SessionOutbox& out);
    bool ask_for_longer_session(const SipMessage& too_small, SessionOutbox& out);
    void on_fork(const SipMessage& response, const Flow& flow, SessionOutbox& out);
    bool repeat_ack(const SipMessage& response, SessionOutbox& out);
    void send_ack(const Dialog& dialog, std::uint32_t cseq, std::optional<std::string> sdp,
                  SessionOutbox& out);
    void on_missing_sdp(SessionOutbox& out);
    void on_unanswered_invite(SessionOutbox& out);

    const SessionContext* context_;
    SessionId id_;
    std::string local_tag_;
    bool is_caller_;       // sent the first INVITE: owns the Call-ID (§14.1)
    bool direct_ = false;  // and knows of no proxy between
    LocalContact contact_;
    Identity identity_;
    std::optional<Dialog> dialog_;  // a caller has none before the first 2xx
    Flow told_;

    // Most sessions live long and do nothing: what belongs to a transaction is there while that lasts.
    Boxed<RemoteInvite> remote_invite_;
    Boxed<ReliableProvisional> provisional_;         // of the first INVITE
    std::optional<Ringing> next_ringing_;            // to be sent after the PRACK
    std::optional<std::string> accept_after_prack_;  // our 2xx waits for it (RFC 3262 §3)
    Boxed<Success> success_;
    Boxed<LocalInvite> local_invite_;
    std::optional<OwedAck> owed_ack_;
    std::vector<EarlyDialog> early_;  // while local_invite_ is our first
    std::optional<OwedPrack> owed_prack_;
    Boxed<RemoteUpdate> remote_update_;
    std::optional<LocalUpdate> local_update_;
    SessionTimer timer_;
    bool refreshing_ = false;          // our refresh was asked for and is not done yet
    bool peer_allows_update_ = false;  // his last Allow says so, or he sends it himself
    bool peer_allows_message_ = false;

    DigestClient digest_;
    std::vector<Challengeable> challengeable_;  // where there are credentials
    ExtraHeaders ack_credentials_;              // of the last INVITE: its ACK repeats them (§22.1)

    Boxed<SipMessage> first_invite_;  // a caller's, for the dialogs that answer it
    std::vector<SentAck> sent_acks_;  // the dialog's own first, then those of other forks
    std::optional<std::uint32_t> bye_cseq_, ping_cseq_;

    bool confirmed_ = false;                    // SessionConfirmed was said
    bool ended_ = false;                        // SessionEnded was said
    std::optional<std::string> bye_after_ack_;  // Reason of the BYE that must wait for the ACK (§15)

    bool expires_ = false;                   // the ring limit is the INVITE's Expires
    std::optional<TimePoint> ring_limit_;    // of remote_invite_, as long as it is the first
    std::optional<TimePoint> ring_refresh_;  // the provisional response again (§13.3.1.1)
    int ring_status_ = 0;
    bool reinvite_wanted_ = false;            // ReinvitePossible is owed
    std::optional<TimePoint> reinvite_from_;  // but not before

    int open_invites_ = 0;                 // transactions of ours
    int holds_ = 0;                        // other usages of the dialog
    std::optional<TimePoint> held_until_;  // once there are only these
};

}  // namespace rotunda::sip
