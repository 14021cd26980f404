// A carrier, PBX or proxy that connects us to the rest of the world. Values and look-ups, pure.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/audio_codec.hpp"
#include "base/net_address.hpp"
#include "base/time.hpp"
#include "rooms/toll_guard.hpp"
#include "sdp/offer_answer.hpp"
#include "signaling/digest_client.hpp"
#include "signaling/flow.hpp"
#include "signaling/header_fields.hpp"
#include "signaling/uri.hpp"
#include "signaling/user_agent_command.hpp"

namespace rotunda::rooms {

struct Trunk {
    std::string name;
    sip::Uri proxy;         // where every request for it goes
    std::string domain;     // host part of Request-URI, From and To; never empty
    std::string user;       // ours there; empty: none
    std::string auth_user;  // in what answers its challenges; empty: `user`
    std::string password;
    std::string realm;  // whose challenges these answer; empty: that of its registrar, else `domain`

    std::optional<Duration> registration;  // registers us for so long at a time; none: it does not
    bool options_first = false;            // registers and calls only while it answers our OPTIONS
    bool outbound = true;                  // registers over streams as RFC 5626 has it

    std::vector<IpPrefix> addresses;  // what comes from there is the trunk's, and believed
    std::string certificate;  // and so is what comes from who proves this domain over TLS; empty: nobody
    // Says which numbers are dialled through it; empty: none. Linear in its input.
    std::function<bool(std::string_view)> numbers;
    std::map<std::string, std::string, std::less<>> dids;  // number it brings calls for -> room
    // That number stands in To: many a registrar puts the user it knows us as into the Request-URI.
    bool dids_in_to = false;

    std::vector<AudioCodec> codecs;  // all it is offered, in this order (interop rule 26); empty: as others
    std::string caller_id;  // the user part of From, and P-Asserted-Identity (RFC 3325); empty: `user`
    bool isfocus = true;    // interop rule 13
    bool replaces = true;   // false: Replaces is never sent there (interop rule 12)
    TollLimits tolls;       // of calls that go out through it
    std::optional<sdp::MediaEncryption> encryption{};  // none: as everywhere
    Duration ring{};           // for so long a call from it rings before it is answered
    std::string contact_host;  // a name instead of our address in Contact (interop rule 12)
};

// The outbound proxy as a preloaded route set; empty where the Request-URI leads there anyway, since some
// carriers refuse a Route that names themselves.
std::vector<sip::NameAddr> route_to(const Trunk& trunk);

// Our Contact in a call that is in that room, as who stands at the other end wants it. Null: he is no trunk.
sip::LocalContact contact_for(std::string_view room, const Trunk* trunk);

// Leaves of the sound what the trunk is to be offered, in its order.
void narrow(sdp::Capabilities& media, const Trunk& trunk);

// RFC 3966 §3: the number ahead of its parameters, without visual separators. Of a SIP address its user part.
std::string number_of(const sip::Uri& target);

// The number a carrier may dial for it: of a SIP address too without parameters and separators (RFC 3261
// §19.1.6). nullopt: the user part begins as names do, for a PBX that knows its users by name.
std::optional<std::string> dialled_number(const sip::Uri& target);

class TrunkTable {
  public:
    TrunkTable() = default;
    explicit TrunkTable(std::vector<Trunk> trunks) : trunks_(std::move(trunks)) {}

    const std::vector<Trunk>& all() const { return trunks_; }
    const Trunk* named(std::string_view name) const;
    // The one a request over this flow comes from: the first that names the peer's certificate or address.
    const Trunk* from(const sip::Flow& flow) const;
    // The first that takes this number.
    const Trunk* for_number(std::string_view number) const;
    // The room a number leads to for the trunk that brings the call; `in_to` is the number in To. Who comes
    // from elsewhere has no numbers here: he would pass by what the room's own name asks of him.
    const std::string* room_of(std::string_view number, const sip::Flow& flow,
                               std::string_view in_to = {}) const;

    // The first that is reached at this address, as far as that can be told from the address; null: none.
    const Trunk* reached_at(const sip::Uri& target) const;

  private:
    std::vector<Trunk> trunks_;
};

}  // namespace rotunda::rooms
