#include "signaling/patient_requests.hpp"

#include <utility>

namespace rotunda::sip {

bool PatientRequests::hold(std::string_view datagram, const Flow& flow, TimePoint now) {
    if (!datagram.starts_with("REGISTER ") || datagram.size() > most_octets || held_.size() == most)
        return false;
    if (held_.empty() && now >= open_until_) {
        open_until_ = now + patience;
        return false;
    }
    held_.push_back({std::string(datagram), flow});
    return true;
}

std::vector<PatientRequests::Held> PatientRequests::take(TimePoint now) {
    open_until_ = now + patience;
    return std::exchange(held_, {});
}

}  // namespace rotunda::sip
