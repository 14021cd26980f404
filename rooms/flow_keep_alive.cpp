#include "rooms/flow_keep_alive.hpp"

#include <algorithm>

namespace rotunda::rooms {
namespace {

using std::chrono::seconds;

// RFC 5626 §4.4: NATs forget who has said nothing over UDP for half a minute. Streams could wait for two
// where nobody asks for less, but so do many firewalls.
constexpr seconds usual{29}, most_of_a_stream{120};
// Nobody makes us send more often.
constexpr seconds least{5};

}  // namespace

void FlowKeepAlive::start(bool is_stream, std::optional<seconds> asked, TimePoint now) {
    within_ = std::clamp(asked.value_or(usual), least, is_stream ? most_of_a_stream : usual);
    wait(now);
}

// Between 80 and 100 percent of it, so that not all clients of a server send at once.
void FlowKeepAlive::wait(TimePoint now) {
    const double share = 0.8 + random_.unit() / 5;
    due_ = now + Duration(static_cast<Duration::rep>(static_cast<double>(within_.count()) * share));
}

bool FlowKeepAlive::take_due(TimePoint now) {
    if (!due_ || *due_ > now) return false;
    wait(now);
    return true;
}

}  // namespace rotunda::rooms
