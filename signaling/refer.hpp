// What REFER and its kin carry (RFC 3515, 3420, 3891, 3892, 3911, 4488, 4538). Pure; parses what strangers
// wrote.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "signaling/dialog.hpp"
#include "signaling/message.hpp"
#include "signaling/method.hpp"
#include "signaling/uri.hpp"

namespace rotunda::sip {

// A dialog named by one who is not, or not yet, part of it: value of Replaces, Join and Target-Dialog.
struct DialogReference {
    DialogId dialog;  // as the one who reads it has it: to-tag is the local tag (RFC 3891 §3)
    bool early_only = false;

    // Call-ID and both tags, each exactly once; Target-Dialog's remote-tag and local-tag mean the same.
    static std::optional<DialogReference> parse(std::string_view value);
};

// The one of that kind in a request. An error is the status to refuse with: 400 if there are two or it cannot
// be read.
Result<std::optional<DialogReference>, int> dialog_reference(const SipMessage& request, HeaderId id);

// What a REFER asks for.
struct ReferWish {
    Method method = Method::invite;  // RFC 3515 §2.1: INVITE unless the URI says otherwise
    Uri target;                      // without method and headers
    std::string replaces;            // value for the INVITE; empty: none (RFC 3891 §4)
    std::string referred_by;         // value for the INVITE; empty: none (RFC 3892)
    bool subscribes = true;          // false: Refer-Sub: false (RFC 4488)
};
// An error is the status to refuse with: 400 without exactly one Refer-To that can be read, 501 for a method
// other than INVITE and BYE.
Result<ReferWish, int> read_refer(const SipMessage& refer);

// A message/sipfrag that says how far a referral has come (RFC 3515 §2.4.5).
std::string to_sipfrag(int status);
// The status of its first line; nullopt where that is none.
std::optional<int> sipfrag_status(std::string_view body);

}  // namespace rotunda::sip
