#include "api/router.hpp"

#include <optional>

#include "base/hex.hpp"
#include "base/text.hpp"

namespace rotunda::api {

namespace {

// RFC 3986 §2.1. A broken escape, or text that is not UTF-8, names nothing.
std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    if (!is_utf8(out)) return std::nullopt;
    return out;
}

std::string_view take_segment(std::string_view& path) {
    const auto slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    path.remove_prefix(slash == path.npos ? path.size() : slash + 1);
    return segment;
}

std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
    std::vector<std::string> arguments;
    while (!pattern.empty() || !path.empty()) {
        if (pattern.empty() || path.empty()) return std::nullopt;
        const std::string_view wanted = take_segment(pattern), got = take_segment(path);
        if (!wanted.starts_with('{')) {
            if (wanted != got) return std::nullopt;
            continue;
        }
        auto decoded = percent_decoded(got);
        if (!decoded || decoded->empty()) return std::nullopt;
        arguments.push_back(std::move(*decoded));
    }
    return arguments;
}

HttpResponse unauthorized() {
    HttpResponse response =
        problem(401, "This needs a bearer token: Authorization: Bearer ... (http.tokens).");
    response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"rotunda\"");
    return response;
}

}  // namespace

HttpResponse Router::answer(const HttpRequest& request) const {
    const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
    for (const Route& route : routes_) {
        if (route.method != method) continue;
        auto arguments = match(route.pattern, request.path);
        if (!arguments) continue;
        const Scope scope = route.scope == Scope::open ? Scope::open : authority_(request);
        if (scope < route.scope)
            return scope == Scope::open ? unauthorized() : problem(403, "This token may read only.");
        return route.handler({request, std::move(*arguments)});
    }
    return allowed_methods(request.path);
}

HttpResponse Router::allowed_methods(const std::string& path) const {
    std::string allowed;
    for (const Route& route : routes_) {
        if (!match(route.pattern, path)) continue;
        if (!allowed.empty()) allowed += ", ";
        allowed += route.method;
        if (route.method == "GET") allowed += ", HEAD";
    }
    if (allowed.empty()) return problem(404, "There is nothing at this path.");
    HttpResponse response = problem(405, "This path allows " + allowed + ".");
    response.headers.emplace_back("Allow", std::move(allowed));
    return response;
}

}  // namespace rotunda::api
