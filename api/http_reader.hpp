// Cuts a stream of octets into HTTP/1.1 requests (RFC 9112), within bounds. Sans-IO; pipelined requests come
// one by one.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/http_message.hpp"
#include "base/result.hpp"

namespace rotunda::api {

struct HttpLimits {
    std::uint32_t header = 8192;     // octets of request line and header fields
    std::uint64_t body = 65'536;     // octets
    std::size_t pipelined = 65'536;  // octets that may wait behind a request that is being answered
};

class HttpReader {
  public:
    explicit HttpReader(HttpLimits limits = {});
    ~HttpReader();

    // False: more is waiting than limits allow; the connection ends.
    bool feed(std::string_view bytes);
    // The next whole request; an error is the status to answer before the connection ends, after which
    // nothing more is read.
    std::optional<Result<HttpRequest, int>> next();
    // A request has begun and is not whole.
    bool mid_request() const;

  private:
    struct Parser;
    HttpLimits limits_;
    std::string buffer_;
    std::unique_ptr<Parser> parser_;  // of the request that has begun
    bool failed_ = false;
};

}  // namespace rotunda::api
