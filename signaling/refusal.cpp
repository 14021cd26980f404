#include "signaling/refusal.hpp"

namespace rotunda::sip {

std::string_view to_string(Refusal reason) {
    switch (reason) {
        case Refusal::malformed:
            return "malformed";
        case Refusal::unauthorized:
            return "unauthorized";
        case Refusal::forbidden:
            return "forbidden";
        case Refusal::method_not_allowed:
            return "method_not_allowed";
        case Refusal::method_unknown:
            return "method_unknown";
        case Refusal::uri_scheme:
            return "uri_scheme";
        case Refusal::required_extension:
            return "required_extension";
        case Refusal::content_type:
            return "content_type";
        case Refusal::content_encoding:
            return "content_encoding";
        case Refusal::not_acceptable:
            return "not_acceptable";
        case Refusal::no_dialog:
            return "no_dialog";
        case Refusal::no_contact:
            return "no_contact";
        case Refusal::out_of_order:
            return "out_of_order";
        case Refusal::overlapping_invite:
            return "overlapping_invite";
        case Refusal::request_pending:
            return "request_pending";
        case Refusal::session_interval:
            return "session_interval";
        case Refusal::session_limit:
            return "session_limit";
        case Refusal::count:
            break;
    }
    return "unknown";
}

}  // namespace rotunda::sip
