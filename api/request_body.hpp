// A request's JSON body, read member by member. What is wrong with it is kept and said once, at the end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "api/http_message.hpp"
#include "media/video_command.hpp"

namespace rotunda::api {

class RequestBody {
  public:
    // An empty body is an empty object.
    explicit RequestBody(const HttpRequest& request);
    ~RequestBody();

    // nullopt: not there, or not as it should be. Text is UTF-8 without control characters but line feeds.
    std::optional<std::string> text(std::string_view name, std::size_t most = 200);
    std::optional<double> number(std::string_view name, double least, double most);
    std::optional<std::uint64_t> whole(std::string_view name, std::uint64_t least, std::uint64_t most);
    std::optional<bool> flag(std::string_view name);
    // null is a value, too: what was said of it before no longer counts.
    std::optional<std::optional<bool>> flag_or_null(std::string_view name);
    // A layout of the room's picture, by its name.
    std::optional<mixer::LayoutKind> layout(std::string_view name);
    // A member that has to be there and is not.
    void require(bool there, std::string_view name);

    // After all that is known was asked for: 400 where something is wrong, or a member is unknown.
    std::optional<HttpResponse> complaint() const;

  private:
    struct Document;
    void complain(std::string why);

    std::unique_ptr<Document> document_;
    std::set<std::string, std::less<>> asked_;
    std::string complaint_;  // the first one
};

}  // namespace rotunda::api
