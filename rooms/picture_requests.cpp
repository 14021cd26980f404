#include "rooms/picture_requests.hpp"

#include <algorithm>
#include <string>

#include "signaling/info_body.hpp"

namespace rotunda::rooms {
namespace {

constexpr Duration least_distance = std::chrono::seconds(1);

}  // namespace

void PictureRequests::ask(sip::SessionId session, TimePoint now) {
    const auto known = asked_.find(session);
    if (known != asked_.end()) {
        const Asked& last = known->second;
        if (last.refused || last.under_way || now < last.at + least_distance) return;
    }
    sip::OutgoingRequest info;
    info.method = sip::Method::info;
    info.content_type = sip::picture_update_type;
    info.body = sip::picture_update_body;
    if (const sip::RequestId request = agent_.request(session, std::move(info), now))
        asked_.insert_or_assign(session, Asked{request, now});
}

bool PictureRequests::on_answer(const sip::RequestAnswered& answer) {
    const auto asked = std::find_if(asked_.begin(), asked_.end(), [&](const auto& entry) {
        return entry.second.under_way == answer.request;
    });
    if (asked == asked_.end()) return false;
    asked->second.under_way = {};
    // Busy now is not unable (RFC 3261 §21.4, §21.5).
    const int status = answer.status();
    asked->second.refused = status == 405 || status == 415 || status == 469 || status == 501;
    return true;
}

}  // namespace rotunda::rooms
