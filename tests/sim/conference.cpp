#include "tests/sim/conference.hpp"

#include <algorithm>

namespace rotunda::sim {

namespace {

Endpoint endpoint(std::uint32_t address, std::size_t port) {
    return {IpAddress::v4(address), static_cast<std::uint16_t>(port)};
}

}  // namespace

Conference::Conference(std::uint64_t seed, media::RoomSettings settings)
    : network(seed),
      random(seed * 77 + 1),
      engine(random, WallOffset(std::chrono::hours(400000)), &identity()) {
    engine.handle(media::OpenRoom{room, settings}, network.now);
}

const rtp::DtlsIdentity& Conference::identity() {
    static const auto made = [] {
        SeededRandom seed(99);
        return rtp::DtlsIdentity::make(seed);
    }();
    return *made;
}

media::RoomSettings Conference::quiet_settings() {
    media::RoomSettings settings;
    settings.alone_prompt = false;
    return settings;
}

Phone& Conference::make_phone(PhoneOptions options) {
    const std::size_t n = phones_.size();
    const Endpoint address = endpoint(0x0a000000u + static_cast<std::uint32_t>(n), 4000);
    phones_.push_back(std::make_unique<Phone>(network, address, std::move(options), 1000 + n));
    sockets_.push_back(nullptr);
    in_room_.push_back(false);
    return *phones_.back();
}

Phone& Conference::join(PhoneOptions options) {
    Phone& phone = make_phone(std::move(options));
    enter(phone, phone.leg());
    return phone;
}

Phone& Conference::join(PhoneOptions options, const media::AudioLeg& leg) {
    Phone& phone = make_phone(std::move(options));
    enter(phone, leg);
    return phone;
}

void Conference::enter(Phone& phone, const media::AudioLeg& leg) {
    const std::size_t n = index_of(phone);
    const Endpoint rtp = server_address(phone);
    media::MediaPorts ports;
    auto socket = std::make_unique<VirtualSocket>(network, rtp);
    sockets_[n] = socket.get();
    ports.rtp = std::move(socket);
    ports.rtcp = std::make_unique<VirtualSocket>(network, endpoint(0xc0a80001, rtp.port + 1u));
    ports.rtp_port = rtp.port;
    in_room_[n] = true;
    engine.handle(media::JoinRoom{room, id_of(phone), std::move(ports), leg, "test@rotunda"}, network.now);
    phone.call(rtp, network.now);
}

void Conference::update(const Phone& phone, const media::AudioLeg& leg) {
    engine.handle(media::UpdateLeg{room, id_of(phone), leg}, network.now);
}

void Conference::control(const Phone& phone, const media::LegControl& control) {
    engine.handle(media::ControlLeg{room, id_of(phone), control}, now());
}

void Conference::treat_voices(bool automatic_gain, bool noise_suppression) {
    engine.handle(media::TreatVoices{room, automatic_gain, noise_suppression}, now());
}

void Conference::chime() {
    engine.handle(media::PlayChime{room, media::ChimeKind::closing}, now());
}

void Conference::leave(const Phone& phone) {
    engine.handle(media::LeaveRoom{room, id_of(phone)}, network.now);
    in_room_[index_of(phone)] = false;
    sockets_[index_of(phone)] = nullptr;
}

std::size_t Conference::index_of(const Phone& phone) const {
    return phone.address().address.bytes()[3] + 256u * phone.address().address.bytes()[2];
}

media::ParticipantId Conference::id_of(const Phone& phone) const {
    return {index_of(phone) + 1};
}

Endpoint Conference::server_address(const Phone& phone) const {
    return endpoint(0xc0a80001, 20000 + 2 * index_of(phone));
}

void Conference::run(Duration d) {
    step(network.now + d, true);
}

void Conference::stall(Duration d) {
    step(network.now + d, false);
}

void Conference::step(TimePoint until, bool engine_runs) {
    while (network.now < until) {
        TimePoint next = until;
        if (engine_runs)
            if (const auto t = engine.next_timeout()) next = std::min(next, *t);
        for (std::size_t i = 0; i < phones_.size(); ++i)
            if (in_room_[i]) next = std::min(next, *phones_[i]->next_send());
        network.now = std::max(network.now, next);
        for (std::size_t i = 0; i < phones_.size(); ++i)
            while (in_room_[i] && *phones_[i]->next_send() <= network.now) phones_[i]->send_frame();
        if (!engine_runs) continue;
        run_engine();
        for (auto& event : engine.take_events()) events_.push_back(std::move(event));
    }
    network.now += 2 * VirtualNetwork::transit;
    for (auto& phone : phones_) phone->listen();
    network.now -= 2 * VirtualNetwork::transit;
}

void Conference::run_engine() {
    const std::uint64_t ticks = engine.counters().ticks;
    const std::uint64_t before = allocations() - network.allocated;
    for (auto t = engine.next_timeout(); t && *t <= network.now; t = engine.next_timeout())
        engine.run_due(network.now);
    if (!count_engine_allocations) return;
    engine_allocations += allocations() - network.allocated - before;
    engine_ticks_counted += engine.counters().ticks - ticks;
}

}  // namespace rotunda::sim
