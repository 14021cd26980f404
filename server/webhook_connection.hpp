// Sends one HTTP request, over TLS where asked, and waits for the status of the answer. Blocks its thread,
// each step for some seconds at most.
#pragma once

#include <atomic>
#include <string>

#include "server/webhook_request.hpp"

namespace rotunda::server {

class WebhookConnection {
  public:
    // The status; 0: there was none, and why_not() says why.
    int post(const WebhookUrl& url, const std::string& request);
    const std::string& why_not() const { return why_not_; }
    // Ends a post() under way. Any thread.
    void abandon();

  private:
    int failed(std::string why);
    int talk_plainly(int fd, const std::string& request);
    int talk_securely(int fd, const WebhookUrl& url, const std::string& request);

    std::atomic<int> fd_{-1};
    std::string why_not_;
};

}  // namespace rotunda::server
