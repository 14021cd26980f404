// Capture files (pcap, LINKTYPE_RAW) that any analyser reads. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/call_trace.hpp"
#include "api/media_captures.hpp"
#include "base/net_address.hpp"
#include "base/time.hpp"

namespace rotunda::api {

// Every message is one UDP datagram, also those that came over a stream.
std::string to_pcap(const std::vector<TracedMessage>& messages);
// With what was captured of the call's media, in order of time.
std::string to_pcap(const std::vector<TracedMessage>& messages, const MediaCaptures::Capture& media,
                    WallOffset offset);

}  // namespace rotunda::api
