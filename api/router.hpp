// From method and path to what answers, and who may ask. Built once at the start.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/http_message.hpp"

namespace rotunda::api {

// What a bearer token (RFC 6750) opens; each scope includes those before it.
enum class Scope { open, read, control };

struct Call {
    const HttpRequest& request;
    std::vector<std::string> arguments;  // what stood for the {names} of the pattern, percent-decoded
};

using Handler = std::function<HttpResponse(const Call&)>;

struct Route {
    std::string_view method;
    std::string_view pattern;  // "/v1/rooms/{room}": a name in braces stands for one segment
    Scope scope = Scope::read;
    Handler handler;
};

class Router {
  public:
    // Says which scope a request has. Must take the same time for every wrong token.
    using Authority = std::function<Scope(const HttpRequest&)>;

    explicit Router(Authority authority) : authority_(std::move(authority)) {}
    void add(Route route) { routes_.push_back(std::move(route)); }
    // HEAD is answered as GET; 404, 405 with Allow, 401 and 403 come from here.
    HttpResponse answer(const HttpRequest& request) const;
    std::span<const Route> routes() const { return routes_; }

  private:
    HttpResponse allowed_methods(const std::string& path) const;

    Authority authority_;
    std::vector<Route> routes_;
};

}  // namespace rotunda::api
