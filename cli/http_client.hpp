// One request to the HTTP API of a running server, on this thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "server/file_descriptor.hpp"

namespace rotunda::cli {

struct ApiAccess {
    std::string host = "127.0.0.1";
    std::string port = "8080";
    std::string token;  // empty: none
};

// "http://host:port", "host:port", "[::1]:8080"; what is left out stays as it is.
Result<ApiAccess> parse_api_address(std::string_view text, ApiAccess access = {});

struct HttpAnswer {
    int status = 0;
    std::string body;
    bool ok() const { return status >= 200 && status < 300; }
};

class HttpClient {
  public:
    explicit HttpClient(ApiAccess access) : access_(std::move(access)) {}

    // An error: nobody answers there. An empty body: none is sent.
    Result<HttpAnswer> ask(std::string_view method, std::string_view path,
                           const std::string& body = {}) const;
    // Hands every line of an endless answer to `on_line`, until it returns false or the server ends. An
    // answer of another status than 200 is handed back.
    Result<HttpAnswer> stream(std::string_view path,
                              const std::function<bool(std::string_view)>& on_line) const;

  private:
    Result<server::FileDescriptor> send(const std::string& request) const;
    std::string request(std::string_view method, std::string_view path, const std::string& body) const;

    ApiAccess access_;
};

}  // namespace rotunda::cli
