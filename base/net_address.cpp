#include "base/net_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace rotunda {

namespace {

template <typename T>
std::optional<T> number(std::string_view text, T most) {
    T value{};
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
    return value;
}

// inet_ntop() formats as printf does, which is felt where every request is answered with an address.
std::string dotted(const std::array<std::uint8_t, 16>& bytes) {
    std::string text = std::to_string(bytes[0]);
    for (std::size_t i = 1; i < 4; ++i) text.append(1, '.').append(std::to_string(bytes[i]));
    return text;
}

}  // namespace

IpAddress IpAddress::v4(std::uint32_t host_order) {
    IpAddress a;
    for (int i = 0; i < 4; ++i) a.bytes_[i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
    return a;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& bytes) {
    IpAddress a;
    a.family_ = IpFamily::v6;
    a.bytes_ = bytes;
    return a;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
        text = text.substr(1, text.size() - 2);
        if (text.find(':') == text.npos) return std::nullopt;
    }
    char terminated[INET6_ADDRSTRLEN] = {};
    if (text.size() >= sizeof terminated || text.find('\0') != text.npos) return std::nullopt;
    std::copy(text.begin(), text.end(), terminated);
    IpAddress a;
    a.family_ = text.find(':') == text.npos ? IpFamily::v4 : IpFamily::v6;
    if (inet_pton(a.is_v4() ? AF_INET : AF_INET6, terminated, a.bytes_.data()) != 1) return std::nullopt;
    return a;
}

bool IpAddress::is_wildcard() const {
    return std::all_of(bytes_.begin(), bytes_.end(), [](auto b) { return b == 0; });
}

bool IpAddress::is_loopback() const {
    if (is_v4()) return bytes_[0] == 127;
    return bytes_[15] == 1 && std::all_of(bytes_.begin(), bytes_.end() - 1, [](auto b) { return b == 0; });
}

bool IpAddress::is_multicast() const {
    return is_v4() ? (bytes_[0] & 0xf0) == 0xe0 : bytes_[0] == 0xff;
}

IpAddress IpAddress::unmapped() const {
    static constexpr std::array<std::uint8_t, 12> prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (is_v4() || !std::equal(prefix.begin(), prefix.end(), bytes_.begin())) return *this;
    IpAddress a;
    std::copy(bytes_.begin() + 12, bytes_.end(), a.bytes_.begin());
    return a;
}

std::string IpAddress::to_string() const {
    if (is_v4()) return dotted(bytes_);
    char text[INET6_ADDRSTRLEN] = {};
    inet_ntop(AF_INET6, bytes_.data(), text, sizeof text);
    return text;
}

std::string IpAddress::to_host() const {
    return is_v4() ? to_string() : "[" + to_string() + "]";
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
    auto colon = text.rfind(':');
    if (colon == text.npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    if (host.find(':') != host.npos && host.front() != '[') return std::nullopt;
    auto address = IpAddress::parse(host);
    auto port = number<std::uint32_t>(text.substr(colon + 1), 65535);
    if (!address || !port) return std::nullopt;
    return Endpoint{*address, static_cast<std::uint16_t>(*port)};
}

std::string Endpoint::to_string() const {
    return address.to_host() + ":" + std::to_string(port);
}

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) {
    auto slash = text.find('/');
    auto address = IpAddress::parse(text.substr(0, slash));
    if (!address) return std::nullopt;
    std::uint32_t bits = address->is_v4() ? 32 : 128;
    if (slash == text.npos) return IpPrefix{*address, static_cast<std::uint8_t>(bits)};
    auto length = number<std::uint32_t>(text.substr(slash + 1), bits);
    if (!length) return std::nullopt;
    return IpPrefix{*address, static_cast<std::uint8_t>(*length)};
}

bool IpPrefix::contains(const IpAddress& candidate) const {
    if (candidate.family() != address.family()) return false;
    const std::size_t whole = length / 8u;
    if (!std::equal(address.bytes().begin(), address.bytes().begin() + whole, candidate.bytes().begin()))
        return false;
    const int rest = length % 8;
    return rest == 0 || (address.bytes()[whole] ^ candidate.bytes()[whole]) >> (8 - rest) == 0;
}

std::string IpPrefix::to_string() const {
    return address.to_string() + "/" + std::to_string(length);
}

}  // namespace rotunda
