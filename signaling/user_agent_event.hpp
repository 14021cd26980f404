// What the user agent tells its owner (the focus), in the order it happened. Values on the signaling thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/strong_id.hpp"
#include "base/time.hpp"
#include "signaling/flow.hpp"
#include "signaling/identity.hpp"
#include "signaling/message.hpp"
#include "signaling/transaction_event.hpp"
#include "signaling/user_agent_command.hpp"

namespace rotunda::sip {

// One call as the user agent sees it: an INVITE and the dialog it makes. Never reused.
using SessionId = StrongId<struct InviteSessionTag>;

// The other party of a session, as he last said of himself.
struct SessionPeer {
    NameAddr address;             // From of his INVITE, To of ours; without parameters
    Uri target;                   // his Contact
    bool takes_messages = false;  // his Allow lists MESSAGE
};

// A new call that passed every check of RFC 3261 §8.2. A 100 is on its way; the owner answers with ring(),
// accept() or reject(). Without an offer, accept() brings ours (interop rule 1).
struct IncomingInvite {
    SessionId session;
    SipMessage request;
    std::optional<std::string> offer;  // SDP, also when it came inside multipart
    Flow flow;
    Identity identity{};
};

// A provisional response (101 to 199) to our INVITE.
struct InviteProgress {
    SessionId session;
    int status = 180;
    // Early media: only a preview of the answer (RFC 6337 §3.1). SdpAnswerReceived tells when the call is up.
    std::optional<std::string> sdp;
    std::string fork;  // To tag: whose of several that may be ringing; empty where there is none
};

// The peer's answer to our offer: in the ACK to our 2xx, in the 2xx to our (re-)INVITE or UPDATE, or in the
// PRACK to our offer.
struct SdpAnswerReceived {
    SessionId session;
    std::string sdp;
};

// The peer's re-INVITE, or his UPDATE or PRACK with an offer (RFC 3311, RFC 3262 §5). The owner calls
// accept() or reject(); a rejected one leaves the session as it was.
struct ReinviteReceived {
    SessionId session;
    SipMessage request;
    std::optional<std::string> offer;  // none: accept() brings a full current offer
    Flow flow;                         // the peer may have moved
};

// The 2xx to our INVITE without SDP, or a reliable provisional response to it, carries the peer's offer: the
// owner calls accept(), the answer goes in the ACK or PRACK.
struct OfferInResponse {
    SessionId session;
    std::string sdp;
};

// An offer came to nothing and the session stays as it was: the peer refused our re-INVITE or UPDATE (491
// too, ReinvitePossible follows then), or sent a 2xx or ACK without the description it owed (status 0).
struct ReinviteFailed {
    SessionId session;
    int status = 0;
};

// After reinvite() was refused for another INVITE in progress, or after a 491 and its waiting time (RFC 3261
// §14.1): the owner may call reinvite() again, with an offer made now.
struct ReinvitePossible {
    SessionId session;
};

// The session must be refreshed and the peer does not take UPDATE (RFC 4028 §7.4): the owner calls reinvite()
// with his current offer, or the session expires.
struct SessionRefreshDue {
    SessionId session;
};

// Once a session: our 2xx was acknowledged, or we acknowledged the peer's.
struct SessionConfirmed {
    SessionId session;
};

enum class EndCause : std::uint8_t {
    local,     // bye() or cancel()
    rejected,  // reject()
    remote_bye,
    cancelled,  // the peer's CANCEL, or his INVITE's Expires ran out
    no_ack,     // our 2xx or reliable provisional response was never acknowledged
    failed,     // the peer refused our INVITE, or broke offer/answer
    timeout,    // no answer to a request of ours, none from the owner in time, or no refresh (RFC 4028)
    transport,  // the network refused what we sent
    gone,       // 481 to a request of ours: the peer no longer knows the dialog
    count
};

// Exactly once for every session, and the last event of it but for what RequestAnswered and
// DialogRequestReceived say.
struct SessionEnded {
    SessionId session;
    EndCause cause = EndCause::local;
    int status = 0;      // final status of the INVITE when it failed or was refused, else 0
    std::string reason;  // the peer's Reason header field (RFC 3326), or the phrase of its response
    std::vector<NameAddr> contacts = {};  // where else he may be reached: of a 3xx
    IpAddress redirected_by = {};         // who says so
};

// A session as one who names its dialog finds it.
struct DialogState {
    SessionId session;
    bool early = false;  // the peer's call, without our final answer
    bool ended = false;
};

// The answer to ping(): any response but 408 and 481 is a sign of life.
struct PingResult {
    SessionId session;
    bool alive = false;
};

// A key press the peer told by INFO (application/dtmf-relay, application/dtmf).
struct DigitReceived {
    SessionId session;
    char digit = '0';   // 0-9 * # A-D
    Duration length{};  // as the peer says, or a usual one
};

// By INFO (RFC 5168) the peer wants the whole picture now.
struct PictureRequested {
    SessionId session;
};

// A request inside the session's dialog, of a method the owner has announced (owner_methods). Its CSeq has
// been checked. He answers with respond(). After SessionEnded only while the dialog is held.
struct DialogRequestReceived {
    SessionId session;
    RequestReceived received;
};

// What became of a request() or send(): exactly once for each, and also after SessionEnded.
struct RequestAnswered {
    RequestId request;
    std::optional<SessionId> session;    // of a request()
    std::optional<SipMessage> response;  // final; none: `failure` says why
    TransactionFailure failure = TransactionFailure::timeout;
    std::uint32_t cseq = 0;  // of the last try; a challenge that was answered on the way counts it up
    std::string realm = {};  // outside a session: whose challenge that was; empty: nobody's
    Flow flow = {};          // the response came over

    // RFC 3261 §8.1.3.1: without a response as if 408 or 503 had come.
    int status() const {
        if (response) return response->status();
        return failure == TransactionFailure::timeout ? 408 : 503;
    }
};

// RequestReceived (transaction_event.hpp) is passed on for requests that belong to no session: OPTIONS, and
// the owner's methods. One of these with a To tag names a dialog the user agent does not have; the owner may.
// He answers with respond(), 481 if he has not.
using UserAgentEvent =
    std::variant<IncomingInvite, InviteProgress, SdpAnswerReceived, ReinviteReceived, OfferInResponse,
                 ReinviteFailed, ReinvitePossible, SessionRefreshDue, SessionConfirmed, SessionEnded,
                 WayFound, PingResult, DigitReceived, PictureRequested, DialogRequestReceived,
                 RequestAnswered, RequestReceived>;

}  // namespace rotunda::sip
