// Asked about every request before anything else is looked at (RFC 3261 §8.2, §22): who sends it, and may he?
#pragma once

#include <optional>

#include "base/time.hpp"
#include "signaling/flow.hpp"
#include "signaling/identity.hpp"
#include "signaling/message.hpp"
#include "signaling/refusal.hpp"

namespace rotunda::sip {

struct RefusedRequest {
    Refusal reason = Refusal::malformed;
    SipMessage response;  // complete but for the To tag
};

struct GuardVerdict {
    Identity identity{};                      // of an admitted request
    std::optional<RefusedRequest> refused{};  // 400, 401, 403, 503
};

// Not asked about ACK and CANCEL, which cannot be challenged (RFC 3261 §22.1). Signaling thread.
class RequestGuard {
  public:
    virtual ~RequestGuard() = default;
    // `dialog`: the identity that opened the call the request belongs to; null outside every call. Whoever
    // knows its tags speaks for that identity, so that no re-INVITE or BYE needs a challenge.
    virtual GuardVerdict check(const SipMessage& request, const Flow& flow, const Identity* dialog,
                               TimePoint now) = 0;
};

}  // namespace rotunda::sip
