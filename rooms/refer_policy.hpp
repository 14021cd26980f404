// Who may have the focus call somebody by REFER (RFC 3515 §5), how far that goes, and how much of it at once.
#pragma once

#include <cstddef>

#include "accounts/access_policy.hpp"

namespace rotunda::rooms {

struct ReferPolicy {
    accounts::Access access = accounts::Access::authenticated;  // moderators are users
    accounts::Access trunks = accounts::Access::authenticated;  // the same for numbers behind a trunk
    std::size_t max_dials = 5;                                  // of one referrer at once; trunks are free
};

}  // namespace rotunda::rooms
