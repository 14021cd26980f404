// The texts by which transactions are found again. Written into a string the caller keeps, so that a look-up
// allocates nothing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "signaling/message.hpp"

namespace rotunda::sip {

// RFC 3261 §17.2.3: branch, sent-by and method; for a branch without the magic cookie (RFC 2543) Request-URI,
// `to_tag`, From tag, Call-ID, CSeq number, method and top Via. `method` is INVITE for an ACK or a CANCEL
// that looks for its INVITE. Returns where the To tag, always the last part, would begin.
std::size_t write_server_key(const SipMessage& request, std::string_view method, std::string_view to_tag,
                             std::string& key);

// Completes an RFC 2543 key that was cut off there.
void append_to_tag(std::string_view to_tag, std::string& key);

// §8.2.2.2: what copies of one request that took different ways have in common.
void write_merge_key(const SipMessage& request, std::string& key);

// §17.1.3: branch and method of CSeq.
void write_client_key(std::string_view branch, std::string_view method, std::string& key);

}  // namespace rotunda::sip
