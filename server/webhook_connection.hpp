// Sends one HTTP request, over TLS where asked, and waits for the status of the answer. Blocks its thread,
// each step for some seconds at most.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "server/webhook_request.hpp"

struct ssl_ctx_st;  // SSL_CTX

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
    ssl_ctx_st* context();

    std::atomic<int> fd_{-1};
    std::string why_not_;
    std::shared_ptr<ssl_ctx_st> context_;  // kept: the system's certificates are read once
};

}  // namespace rotunda::server
