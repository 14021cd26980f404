// A request's query, "after=5&limit=3", read name by name. What is wrong with it is kept and said once, at
// the end.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "api/http_message.hpp"

namespace rotunda::api {

class RequestQuery {
  public:
    // The request outlives it.
    explicit RequestQuery(const HttpRequest& request);

    // nullopt: not there, or no number up to `most`. Nothing we read needs percent-decoding.
    std::optional<std::uint64_t> number(std::string_view name, std::uint64_t most);
    // After all that is known was asked for: 400 where something is wrong, said twice, or unknown.
    std::optional<HttpResponse> complaint() const;

  private:
    std::map<std::string_view, std::string_view> left_;  // not asked for so far
    std::string complaint_;                              // the first one
};

}  // namespace rotunda::api
