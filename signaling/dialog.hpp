// A dialog (RFC 3261 §12): what two user agents have agreed on between them so that requests find their way
// and their order. A value; knows nothing of sessions, transactions or time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/flow.hpp"
#include "signaling/message.hpp"
#include "signaling/uri.hpp"

namespace rotunda::sip {

// Call-ID and both tags. A tag is empty where the peer is of RFC 2543 and gave none.
struct DialogId {
    std::string call_id;
    std::string local_tag;
    std::string remote_tag;

    // As the receiver of `request` names it.
    static DialogId of_request(const SipMessage& request);
    // As the sender of the request answered by `response` names it.
    static DialogId of_response(const SipMessage& response);

    friend bool operator==(const DialogId&, const DialogId&) = default;
};

class Dialog {
  public:
    // UAS (§12.1.1). `local_tag` is the one all our responses will carry. The request has a Contact with a
    // SIP URI.
    Dialog(const SipMessage& request, std::string_view local_tag, const Flow& flow);
    // UAC (§12.1.2). `request` is ours, `response` came over `flow`. `direct`: there is no proxy between us,
    // as far as is known.
    static Dialog as_client(const SipMessage& request, const SipMessage& response, const Flow& flow,
                            bool direct = false);

    const DialogId& id() const { return id_; }
    // Our Contact in it is a sips URI (§12.1.1).
    bool secure() const { return secure_; }
    // The other party, tag included.
    const NameAddr& remote() const { return remote_; }
    const Uri& remote_target() const { return remote_target_; }
    const std::vector<NameAddr>& route_set() const { return route_set_; }
    // The way the peer last reached us.
    const Flow& flow() const { return flow_; }
    void set_flow(const Flow& flow) { flow_ = flow; }
    // The peer's Contact may name another host than it sends from, and is not mistaken for a NAT.
    void trust_contact() { trusted_ = true; }

    // This dialog is the confirmed form of `early`, in which requests may have gone both ways (§12.2.1.1).
    void continue_from(const Dialog& early);
    // §12.2.2: true, and noted, if the number is above the last one; else the request is to be answered with
    // 500.
    bool accept_cseq(std::uint32_t number);
    // From the Contact of a target refresh request or its 2xx; unchanged where there is none that could be
    // used.
    void refresh_target(const SipMessage& message);

    // The next request inside the dialog, without Via and Contact (§12.2.1.1). Not for ACK and CANCEL.
    SipMessage make_request(const Method& method);
    // The number of a request that is sent again as a new one.
    std::uint32_t next_cseq() { return ++local_cseq_; }
    // The ACK for a 2xx to the INVITE with that CSeq (§13.2.2.4).
    SipMessage make_ack(std::uint32_t invite_cseq) const;
    // Where those go.
    Flow next_hop() const;

  private:
    Dialog() = default;
    SipMessage make(const Method& method, std::uint32_t cseq) const;

    DialogId id_;
    NameAddr local_, remote_;  // From and To of our requests, tags included
    Uri remote_target_;
    std::vector<NameAddr> route_set_;
    Flow flow_;
    std::uint32_t local_cseq_ = 0;
    std::optional<std::uint32_t> remote_cseq_;
    bool secure_ = false;
    bool direct_ = false;   // no proxy between us and the peer, as far as its first message shows
    bool trusted_ = false;  // what it says of itself is so
};

// The URI of the first Contact, as it may stand in a Request-URI; nullopt where there is no SIP URI in it.
std::optional<Uri> contact_target(const SipMessage& message);

}  // namespace rotunda::sip
