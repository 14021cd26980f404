#include "server/sip_tap.hpp"

#include <string>

#include "api/hep.hpp"

namespace rotunda::server {

void SipTap::message(bool inbound, const sip::Flow& flow, std::string_view text) {
    const WallTime now = clock_.wall();
    trace_.add(now, inbound, flow, text);
    if (!hep_.is_on()) return;
    std::string covered(text);
    api::cover_secrets(covered);
    hep_.send(api::to_hep(now, inbound, flow, api::call_id_of(covered), covered, capture_id_));
}

}  // namespace rotunda::server
