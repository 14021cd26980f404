// What the owner of the user agent says with its commands. Values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/strong_id.hpp"
#include "base/time.hpp"
#include "signaling/digest_client.hpp"
#include "signaling/flow.hpp"
#include "signaling/header_fields.hpp"
#include "signaling/header_id.hpp"
#include "signaling/identity.hpp"
#include "signaling/method.hpp"
#include "signaling/uri.hpp"

namespace rotunda::sip {

struct ExtraHeader {
    HeaderId id;
    std::string value;
};
using ExtraHeaders = std::vector<ExtraHeader>;

// Who we are in one session's Contact.
struct LocalContact {
    std::string user;
    std::string display_name;
    std::optional<bool> isfocus;  // none: as in UserAgentSettings
    std::string host = {};  // a name that leads to us (interop rule 12); empty: the flow's advertised address
};

// A call we make.
struct OutgoingInvite {
    Uri target;     // Request-URI and To
    NameAddr from;  // the tag is ours to add
    LocalContact contact;
    // Where it goes and what Via and Contact say of us. Left as it is, target and route decide (RFC 3263).
    Flow flow = {};
    std::vector<NameAddr> route;       // preloaded route set (outbound proxy)
    std::optional<std::string> offer;  // none: the peer offers in its 2xx (OfferInResponse)
    ExtraHeaders headers;
    std::vector<DigestCredentials> credentials;  // for 401 and 407, in the whole call
    Identity identity{};  // who answers there, as far as we know: what his requests in this call count as
    bool direct = false;  // the flow leads to him, no proxy between: another address in Contact is a NAT's
    std::string call_id = {};                 // empty: a new one
    std::optional<Duration> ring_limit = {};  // the longest wait for a final answer; none: as in the settings
};

using RequestId = StrongId<struct OutgoingRequestTag>;

// A request of ours that is no part of a call's own life: REFER, MESSAGE, SUBSCRIBE, NOTIFY, INFO, OPTIONS,
// REGISTER.
struct OutgoingRequest {
    Method method;
    ExtraHeaders headers;
    std::string body;
    std::string content_type;
    // For 401 and 407; inside a session's dialog the call's own are used. The answer's CSeq is then higher
    // than the one that was asked for.
    std::vector<DigestCredentials> credentials;

    // Inside a dialog only its display name counts, which may change from request to request; empty: the
    // dialog's. Outside, the tag is ours to add, unless it has one.
    NameAddr from;

    // The rest only outside a dialog.
    Uri target;                  // Request-URI
    std::optional<NameAddr> to;  // none: the target
    std::optional<LocalContact> contact;
    // Where it goes and what Via and Contact say of us. Left as it is, target and route decide (RFC 3263).
    Flow flow = {};
    std::vector<NameAddr> route;  // preloaded route set (outbound proxy)
    // Empty: a new one. A registration keeps its own and counts on (RFC 3261 §10.2.4).
    std::string call_id;
    std::uint32_t cseq = 1;
};

}  // namespace rotunda::sip
