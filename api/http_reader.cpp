#include "api/http_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace rotunda::api {

namespace http = boost::beast::http;

struct HttpReader::Parser {
    http::request_parser<http::string_body> beast;
};

namespace {

std::string text(boost::beast::string_view view) {
    return {view.data(), view.size()};
}

int status_for(const boost::beast::error_code& error) {
    if (error == http::error::header_limit) return 431;
    if (error == http::error::body_limit) return 413;
    if (error == http::error::bad_version) return 505;
    return 400;
}

// RFC 7239, RFC 9110 §7.6.3, and what proxies said before.
bool is_forwarded(const http::fields& fields) {
    for (const std::string_view name :
         {"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"})
        if (fields.count({name.data(), name.size()}) > 0) return true;
    return false;
}

HttpRequest take(http::request<http::string_body> message) {
    HttpRequest request;
    request.method = text(message.method_string());
    const std::string target = text(message.target());
    const auto question = target.find('?');
    request.path = target.substr(0, question);
    if (question != target.npos) request.query = target.substr(question + 1);
    request.authorization = text(message[http::field::authorization]);
    request.content_type = text(message[http::field::content_type]);
    request.host = text(message[http::field::host]);
    request.origin = text(message[http::field::origin]);
    request.forwarded = is_forwarded(message);
    request.last_event_id = text(message["Last-Event-ID"]);
    request.upgrade = text(message[http::field::upgrade]);
    request.web_socket_key = text(message[http::field::sec_websocket_key]);
    request.web_socket_version = text(message[http::field::sec_websocket_version]);
    request.keep_alive = message.keep_alive();
    request.body = std::move(message.body());
    return request;
}

}  // namespace

HttpReader::HttpReader(HttpLimits limits) : limits_(limits) {}
HttpReader::~HttpReader() = default;

bool HttpReader::feed(std::string_view bytes) {
    if (buffer_.size() + bytes.size() > limits_.header + limits_.body + limits_.pipelined) return false;
    buffer_ += bytes;
    return true;
}

std::optional<Result<HttpRequest, int>> HttpReader::next() {
    if (failed_ || buffer_.empty()) return std::nullopt;
    if (!parser_) {
        parser_ = std::make_unique<Parser>();
        parser_->beast.header_limit(limits_.header);
        parser_->beast.body_limit(limits_.body);
        parser_->beast.eager(true);
    }
    boost::beast::error_code error;
    const std::size_t used = parser_->beast.put(boost::asio::buffer(buffer_), error);
    buffer_.erase(0, used);
    if (error == http::error::need_more) return std::nullopt;
    if (error) {
        failed_ = true;
        return Result<HttpRequest, int>(fail(status_for(error)));
    }
    if (!parser_->beast.is_done()) return std::nullopt;
    HttpRequest request = take(parser_->beast.release());
    parser_.reset();
    return Result<HttpRequest, int>(std::move(request));
}

bool HttpReader::mid_request() const {
    return parser_ != nullptr;
}

}  // namespace rotunda::api
