#include "signaling/writer.hpp"

namespace rotunda::sip {
namespace {

void append_start_line(std::string& out, const SipMessage& message) {
    if (message.is_response()) {
        out.append("SIP/2.0 ").append(std::to_string(message.status())).append(" ").append(message.reason());
    } else {
        out.append(message.method().name()).append(" ");
        message.uri().append_to(out);
        out += " SIP/2.0";
    }
    out += "\r\n";
}

void append_header(std::string& out, const SipMessage::Header& header) {
    out.append(header.name).append(": ").append(header.value).append("\r\n");
}

// A transaction keeps what it has sent for half a minute, so no more room than is needed.
std::size_t room_for(const SipMessage& message) {
    std::size_t size =
        message.body().size() + 96;  // start line and Content-Length, but for what peers wrote in it
    size += message.is_response() ? message.reason().size() : message.uri().host().size() + 64;
    for (std::size_t i = 0; i < message.header_count(); ++i) {
        const SipMessage::Header header = message.header_at(i);
        size += header.name.size() + header.value.size() + 4;
    }
    return size;
}

}  // namespace

std::string to_wire(const SipMessage& message) {
    std::string out;
    out.reserve(room_for(message));
    append_start_line(out, message);
    for (std::size_t i = 0; i < message.header_count(); ++i) append_header(out, message.header_at(i));
    out.append("Content-Length: ").append(std::to_string(message.body().size())).append("\r\n\r\n");
    out += message.body();
    return out;
}

std::string trying_to(const SipMessage& request) {
    std::string out;
    out.reserve(1000);  // what malloc keeps at hand for each thread
    out = "SIP/2.0 100 Trying\r\n";
    for (std::size_t i = 0; i < request.header_count(); ++i) {
        const SipMessage::Header header = request.header_at(i);
        if (header.id == HeaderId::via || header.id == HeaderId::from || header.id == HeaderId::to ||
            header.id == HeaderId::call_id || header.id == HeaderId::cseq || header.id == HeaderId::timestamp)
            append_header(out, header);
    }
    return out += "Content-Length: 0\r\n\r\n";
}

}  // namespace rotunda::sip
