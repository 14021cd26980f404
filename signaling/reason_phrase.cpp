#include <algorithm>
#include <utility>

#include "signaling/header_fields.hpp"

namespace rotunda::sip {
namespace {

using Entry = std::pair<int, std::string_view>;

// RFC 3261 §21; 199 RFC 6228, 202 and 489 RFC 6665, 204 and 430 RFC 5839 and 5626, 412 RFC 3903, 417 RFC
// 4412, 422 RFC 4028, 424 RFC 6442, 425 RFC 8946, 428-438 RFC 8224, 433 RFC 5079, 439 RFC 5626, 440 RFC 5393,
// 469 RFC 6086, 470 RFC 5360, 494 RFC 3329, 555 RFC 8599, 580 RFC 3312, 607 RFC 8197, 608 RFC 8688.
constexpr Entry phrases[] = {
    {100, "Trying"},
    {180, "Ringing"},
    {181, "Call Is Being Forwarded"},
    {182, "Queued"},
    {183, "Session Progress"},
    {199, "Early Dialog Terminated"},
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Notification"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Moved Temporarily"},
    {305, "Use Proxy"},
    {380, "Alternative Service"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {412, "Conditional Request Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request-URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Unsupported URI Scheme"},
    {417, "Unknown Resource-Priority"},
    {420, "Bad Extension"},
    {421, "Extension Required"},
    {422, "Session Interval Too Small"},
    {423, "Interval Too Brief"},
    {424, "Bad Location Information"},
    {425, "Bad Alert Message"},
    {428, "Use Identity Header"},
    {429, "Provide Referrer Identity"},
    {430, "Flow Failed"},
    {433, "Anonymity Disallowed"},
    {436, "Bad Identity Info"},
    {437, "Unsupported Credential"},
    {438, "Invalid Identity Header"},
    {439, "First Hop Lacks Outbound Support"},
    {440, "Max-Breadth Exceeded"},
    {469, "Bad Info Package"},
    {470, "Consent Needed"},
    {480, "Temporarily Unavailable"},
    {481, "Call/Transaction Does Not Exist"},
    {482, "Loop Detected"},
    {483, "Too Many Hops"},
    {484, "Address Incomplete"},
    {485, "Ambiguous"},
    {486, "Busy Here"},
    {487, "Request Terminated"},
    {488, "Not Acceptable Here"},
    {489, "Bad Event"},
    {491, "Request Pending"},
    {493, "Undecipherable"},
    {494, "Security Agreement Required"},
    {500, "Server Internal Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Server Time-out"},
    {505, "Version Not Supported"},
    {513, "Message Too Large"},
    {555, "Push Notification Service Not Supported"},
    {580, "Precondition Failure"},
    {600, "Busy Everywhere"},
    {603, "Decline"},
    {604, "Does Not Exist Anywhere"},
    {606, "Not Acceptable"},
    {607, "Unwanted"},
    {608, "Rejected"},
};
static_assert(std::is_sorted(std::begin(phrases), std::end(phrases),
                             [](const Entry& a, const Entry& b) { return a.first < b.first; }));

// RFC 3261 §8.1.3.2: an unknown code is treated as x00 of its class.
std::string_view class_phrase(int status) {
    switch (status / 100) {
        case 1:
            return "Session Progress";
        case 2:
            return "OK";
        case 3:
            return "Multiple Choices";
        case 4:
            return "Bad Request";
        case 5:
            return "Server Internal Error";
        default:
            return "Decline";
    }
}

}  // namespace

std::string_view reason_phrase(int status) {
    const auto* found = std::lower_bound(std::begin(phrases), std::end(phrases), status,
                                         [](const Entry& entry, int code) { return entry.first < code; });
    return found != std::end(phrases) && found->first == status ? found->second : class_phrase(status);
}

}  // namespace rotunda::sip
