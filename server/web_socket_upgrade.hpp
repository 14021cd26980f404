// The HTTP request that becomes a WebSocket (RFC 6455 §4.2). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rotunda::server {

struct WebSocketUpgrade {
    bool accepted = false;
    std::string response;
};

// `request`: from the first octet to the empty line.
WebSocketUpgrade answer_upgrade(std::string_view request, const std::vector<std::string>& origins);

}  // namespace rotunda::server
