#include "api/media_captures.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace rotunda::api {
namespace {

constexpr std::size_t most_captures = 8;

}  // namespace

void MediaCaptures::begin(std::string call_id, const Endpoint& sound, const Endpoint& picture) {
    captures_.remove_if([&](const Capture& each) { return each.call_id == call_id; });
    if (captures_.size() == most_captures) captures_.pop_back();
    captures_.push_front({std::move(call_id), {sound, {}}, {picture, {}}});
}

void MediaCaptures::add(std::string_view call_id, media::MediaTraffic stream,
                        std::vector<media::CapturedPacket> packets) {
    const auto at = std::find_if(captures_.begin(), captures_.end(),
                                 [&](const Capture& each) { return each.call_id == call_id; });
    if (at == captures_.end()) return;
    Stream& kept = stream == media::MediaTraffic::video ? at->picture : at->sound;
    std::move(packets.begin(), packets.end(), std::back_inserter(kept.packets));
}

const MediaCaptures::Capture* MediaCaptures::find(std::string_view call_id) const {
    const auto at = std::find_if(captures_.begin(), captures_.end(),
                                 [&](const Capture& each) { return each.call_id == call_id; });
    return at == captures_.end() ? nullptr : &*at;
}

}  // namespace rotunda::api
