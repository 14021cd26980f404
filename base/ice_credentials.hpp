// What two sides prove to each other in ICE's connectivity checks (RFC 8445 §5.3). The passwords are secrets
// of the call: nothing here has a text form that could end in a log.
#pragma once

#include <string>

namespace rotunda {

// a=ice-ufrag (4 to 256 characters) and a=ice-pwd (22 to 256).
struct IceCredentials {
    std::string ufrag;
    std::string password;

    friend bool operator==(const IceCredentials&, const IceCredentials&) = default;
};

struct IcePair {
    IceCredentials ours;
    IceCredentials theirs;

    friend bool operator==(const IcePair&, const IcePair&) = default;
};

}  // namespace rotunda
