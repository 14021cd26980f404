#include <utility>

#include "sdp/session_description.hpp"

namespace rotunda::sdp {
namespace {

template <typename... Parts>
void line(std::string& out, Parts&&... parts) {
    (out.append(std::forward<Parts>(parts)), ...);
    out += "\r\n";
}

std::string text_of(const Connection& c) {
    const bool v6 = c.address && !c.address->is_v4();
    return (v6 ? "IN IP6 " : "IN IP4 ") + c.host + c.scope;
}

void write_connection(std::string& out, const std::optional<Connection>& connection) {
    if (connection) line(out, "c=", text_of(*connection));
}

void write_bandwidths(std::string& out, const std::vector<Bandwidth>& bandwidths) {
    for (const Bandwidth& b : bandwidths) line(out, "b=", b.type, ":", std::to_string(b.value));
}

void write_attributes(std::string& out, const std::vector<Attribute>& attributes) {
    for (const Attribute& a : attributes) line(out, "a=", a.name, a.value.empty() ? "" : ":", a.value);
}

void write_media(std::string& out, const Media& m) {
    out.append("m=").append(m.type).append(" ").append(std::to_string(m.port));
    if (m.port_count != 1) out.append("/").append(std::to_string(m.port_count));
    out.append(" ").append(m.proto);
    for (const std::string& format : m.formats) out.append(" ").append(format);
    line(out);
    write_connection(out, m.connection);
    write_bandwidths(out, m.bandwidths);
    write_attributes(out, m.attributes);
}

}  // namespace

std::string write(const SessionDescription& session) {
    std::string out;
    out.reserve(512);
    const Origin& o = session.origin;
    line(out, "v=0");
    line(out, "o=", o.username, " ", o.session_id, " ", o.version, " ", text_of(o.connection));
    line(out, "s=", session.name);
    write_connection(out, session.connection);
    write_bandwidths(out, session.bandwidths);
    line(out, "t=", std::to_string(session.start_time), " ", std::to_string(session.stop_time));
    write_attributes(out, session.attributes);
    for (const Media& m : session.media) write_media(out, m);
    return out;
}

}  // namespace rotunda::sdp
