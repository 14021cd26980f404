// The typed readers of SipMessage: one header field, one type.
#include <limits>

#include "base/text.hpp"
#include "signaling/message.hpp"

namespace rotunda::sip {
namespace {

template <typename T>
std::vector<T> parse_all(const SipMessage& message, HeaderId id) {
    std::vector<T> out;
    for (std::string_view value : message.values(id))
        if (auto parsed = T::parse(value)) out.push_back(std::move(*parsed));
    return out;
}

template <typename T>
std::optional<T> parse_first(const SipMessage& message, HeaderId id) {
    const auto value = message.header(id);
    return value ? T::parse(*value) : std::nullopt;
}

}  // namespace

std::vector<Via> SipMessage::vias() const {
    return parse_all<Via>(*this, HeaderId::via);
}

std::vector<NameAddr> SipMessage::contacts() const {
    return parse_all<NameAddr>(*this, HeaderId::contact);
}

bool SipMessage::has_star_contact() const {
    return header(HeaderId::contact) == "*";
}

std::vector<NameAddr> SipMessage::name_addrs(HeaderId id) const {
    return parse_all<NameAddr>(*this, id);
}

std::optional<std::uint8_t> SipMessage::max_forwards() const {
    const auto value = header(HeaderId::max_forwards);
    return value ? parse_number<std::uint8_t>(*value, std::numeric_limits<std::uint8_t>::max())
                 : std::nullopt;
}

std::optional<std::uint32_t> SipMessage::expires() const {
    const auto value = header(HeaderId::expires);
    return value ? parse_delta_seconds(*value) : std::nullopt;
}

std::optional<RetryAfter> SipMessage::retry_after() const {
    return parse_first<RetryAfter>(*this, HeaderId::retry_after);
}

std::optional<MediaType> SipMessage::content_type() const {
    return parse_first<MediaType>(*this, HeaderId::content_type);
}

std::optional<ValueWithParams> SipMessage::content_disposition() const {
    return parse_first<ValueWithParams>(*this, HeaderId::content_disposition);
}

std::vector<MediaType> SipMessage::accept() const {
    return parse_all<MediaType>(*this, HeaderId::accept);
}

std::vector<Warning> SipMessage::warnings() const {
    return parse_all<Warning>(*this, HeaderId::warning);
}

}  // namespace rotunda::sip
