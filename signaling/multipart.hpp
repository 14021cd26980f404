// Message bodies as MIME has them (RFC 2046 §5.1, RFC 5621): one part, or multipart, nested within bounds.
// Walked without recursion. Parts are what carriers put beside SDP: ISUP, PIDF-LO, resource lists.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "signaling/message.hpp"

namespace rotunda::sip {

inline constexpr std::size_t max_body_parts = 32;
inline constexpr int max_body_depth = 4;

// One node of the body's tree.
struct BodyPart {
    static constexpr std::size_t no_parent = static_cast<std::size_t>(-1);

    std::size_t parent = no_parent;
    int depth = 0;  // 0: the body itself
    MediaType type;
    // Content-Disposition without parameters; where the part does not say: "session" for application/sdp,
    // else "render" (RFC 3261 §20.11).
    std::string disposition;
    // Who does not understand the part must refuse the message with 415. False for handling=optional, and for
    // parts that a header field points to: disposition by-reference (RFC 5621 §6), or none and a Content-ID.
    bool required = true;
    // Content-Encoding is identity and Content-Transfer-Encoding leaves the octets alone: the content can be
    // read as it is.
    bool plain = true;
    std::string content_id;    // with its angle brackets; empty when there is none
    std::string_view content;  // into the message's body

    bool is_multipart() const;
};

// Why a body was refused.
struct BodyRefusal {
    int status = 400;  // 400 or 415
    std::string_view phrase;
};

// Every part, containers included: parents before their children, brothers in order, the body itself first.
// Empty for a message without a body. The parts point into `message`.
Result<std::vector<BodyPart>, BodyRefusal> walk_body(const SipMessage& message);

// The session description, wherever it stands: the body itself, a part of multipart/mixed or related, the
// last usable choice of multipart/alternative. nullopt: there is none, and nothing that must not be ignored.
// Refused with 415: a required part that is no SDP, or an encoding we do not know; with 400: broken MIME.
Result<std::optional<std::string_view>, BodyRefusal> find_session_description(const SipMessage& message);

// The same of a response or ACK, which cannot be refused: what is of no use counts as none.
std::optional<std::string> session_description_in(const SipMessage& message);

}  // namespace rotunda::sip
