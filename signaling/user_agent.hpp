// The SIP user agent core (RFC 3261 §8, §12 to §15) over its transaction layer: server and client. Sans-IO,
// one instance on the signaling thread, no lock. After every call in, the owner drains take_events() and
// take_outgoing() and asks next_timeout().
//
// What comes in takes this way, and later work has its place on it:
//   bytes → parser → transaction layer → request checks (§8.2; authentication belongs there) → by method:
//     inside a dialog  → InviteSession, or one case more in UserAgent::on_dialog_request (INFO, UPDATE,
//     PRACK, NOTIFY, REFER) outside a dialog → IncomingInvite, or RequestReceived for the owner (OPTIONS;
//     later REGISTER, SUBSCRIBE, MESSAGE, REFER)
// A method is announced in Allow by putting it into handled_methods.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "signaling/flow.hpp"
#include "signaling/message.hpp"
#include "signaling/parser.hpp"
#include "signaling/refusal.hpp"
#include "signaling/user_agent_command.hpp"
#include "signaling/user_agent_event.hpp"
#include "signaling/user_agent_settings.hpp"

namespace rotunda::sip {

class UserAgent {
  public:
    // `random` outlives the user agent.
    UserAgent(UserAgentSettings settings, RandomSource& random);
    ~UserAgent();
    UserAgent(const UserAgent&) = delete;
    UserAgent& operator=(const UserAgent&) = delete;

    // --- from the network and the clock
    // One datagram, or one message a stream framer cut out.
    void receive(std::string_view bytes, const Flow& flow, TimePoint now);
    void receive(ParsedMessage message, const Flow& flow, TimePoint now);
    void on_timeout(TimePoint now);
    std::optional<TimePoint> next_timeout() const;
    // A message could not be sent to flow.remote, or the connection it would take is lost.
    void on_transport_error(const Flow& flow, TimePoint now);

    // --- to the network and the owner; each call hands over everything since the last one
    std::vector<OutgoingMessage> take_outgoing();
    std::vector<UserAgentEvent> take_events();

    // --- commands. False: the session is gone or in a state the command does not fit; nothing was done. A
    // session that just ended may still be named: its SessionEnded is on the way. Contact from now on;
    // default: the user part of the Request-URI (UAS).
    bool set_contact(SessionId session, LocalContact contact);
    // 180, or another status from 101 to 199.
    bool ring(SessionId session, TimePoint now, int status = 180);
    // The 200 to a call or a re-INVITE, with our answer or, after an INVITE without one, our offer; after
    // OfferInResponse the ACK with our answer.
    bool accept(SessionId session, std::string sdp, TimePoint now);
    // A final status 300 to 699 for a call or a re-INVITE. An empty phrase: the usual one.
    bool reject(SessionId session, int status, std::string_view phrase, const ExtraHeaders& headers,
                TimePoint now);
    // An offer, or none to ask for the peer's. False also while another INVITE is in progress;
    // ReinvitePossible follows.
    bool reinvite(SessionId session, std::optional<std::string> offer, TimePoint now);
    // Ends the session by what its state demands: BYE, CANCEL, or 480. `reason`: value of a Reason header
    // field (RFC 3326), empty for none. SessionEnded follows at once, whatever the peer does.
    bool bye(SessionId session, std::string_view reason, TimePoint now);
    // In-dialog OPTIONS; one at a time. PingResult follows unless the session ends first.
    bool ping(SessionId session, TimePoint now);

    SessionId invite(OutgoingInvite call, TimePoint now);
    // The same as bye(), for a call of ours that has no final answer yet.
    bool cancel(SessionId session, TimePoint now);

    // A response to `request` with our Allow, Supported, Accept and Server, to be filled further (a body,
    // Retry-After).
    SipMessage make_response(const SipMessage& request, int status) const;
    // Answers a RequestReceived; the To tag is added.
    void respond(ServerTransactionId transaction, SipMessage response, TimePoint now);

    // --- to look at
    std::size_t session_count() const;
    std::uint64_t refused(Refusal reason) const;
};

}  // namespace rotunda::sip
