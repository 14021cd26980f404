#include "signaling/patient_requests.hpp"

#include <utility>

namespace rotunda::sip {

bool PatientRequests::hold(std::string_view datagram, const Flow& flow, TimePoint now) {
    if (!datagram.starts_with("REGISTER ")) return false;
    if (held_.empty() && now >= spell_ends_) begin_spell(now, came_ >= many && now < spell_ends_ + patience);
    ++came_;
    if (!gathers_ || datagram.size() > most_octets || held_.size() == most) return false;
    held_.push_back({std::string(datagram), flow});
    return true;
}

std::vector<PatientRequests::Held> PatientRequests::take(TimePoint now) {
    begin_spell(now, came_ >= many);
    return std::exchange(held_, {});
}

void PatientRequests::begin_spell(TimePoint now, bool gathers) {
    spell_ends_ = now + patience;
    came_ = 0;
    gathers_ = gathers;
}

}  // namespace rotunda::sip
