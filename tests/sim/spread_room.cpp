#include "tests/sim/spread_room.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "media/shard_board.hpp"

namespace rotunda::sim {

namespace {

Endpoint endpoint(std::uint32_t address, std::size_t port) {
    return {IpAddress::v4(address), static_cast<std::uint16_t>(port)};
}

}  // namespace

SpreadRoom::SpreadRoom(std::size_t workers, const media::RoomSettings& settings, std::uint64_t seed)
    : network_(seed), random_(seed * 77 + 1), settings_(settings) {
    for (std::size_t i = 0; i < workers; ++i) {
        workers_.push_back(
            {std::make_unique<media::MediaEngine>(random_, WallOffset(std::chrono::hours(400000)))});
    }
    command(0, media::OpenRoom{room, settings_});
    for (std::size_t i = 0; i < workers; ++i) command(i, media::OpenRoom{other_room, settings_});
}

// As the focus does it.
void SpreadRoom::spread() {
    auto board =
        std::make_shared<media::ShardBoard>(workers_.size(), static_cast<std::size_t>(settings_.max_talkers));
    command(0, media::SplitRoom{room, board});
    run(spreading);  // in the middle of a tick the command waits for the tick's end
    REQUIRE(events<media::RoomSplit>().size() == 1);
    for (std::size_t i = 1; i < workers_.size(); ++i)
        command(i, media::OpenRoom{room, settings_, {board, i}});
}

void SpreadRoom::command(std::size_t worker, media::RoomCommand command) {
    workers_[worker].engine->handle(std::move(command), now());
}

Phone& SpreadRoom::join(PhoneOptions options, std::size_t worker) {
    const std::size_t n = members_.size();
    const Endpoint address = endpoint(0x0a000000u + static_cast<std::uint32_t>(n), 4000);
    members_.push_back(
        {std::make_unique<Phone>(network_, address, std::move(options), 1000 + n), worker, true});
    Phone& phone = *members_.back().phone;
    const Endpoint rtp = endpoint(0xc0a80001, 20000 + 2 * n);
    media::MediaPorts ports;
    ports.rtp = std::make_unique<VirtualSocket>(network_, rtp);
    ports.rtcp = std::make_unique<VirtualSocket>(network_, endpoint(0xc0a80001, rtp.port + 1u));
    ports.rtp_port = rtp.port;
    command(worker, media::JoinRoom{room, id_of(phone), std::move(ports), phone.leg(), "test@rotunda"});
    phone.call(rtp, now());
    return phone;
}

void SpreadRoom::leave(const Phone& phone) {
    Member& member = members_[index_of(phone)];
    member.is_here = false;
    command(member.worker, media::LeaveRoom{room, id_of(phone)});
}

void SpreadRoom::move(const Phone& phone, std::size_t by_way_of, std::size_t to) {
    Member& member = members_[index_of(phone)];
    const auto carry = [&](media::RoomId from, media::RoomId there, std::size_t worker) {
        command(member.worker, media::ReleaseLeg{from, id_of(phone)});
        run(std::chrono::milliseconds(12));
        const auto is_it = [](const auto& e) { return std::holds_alternative<media::LegReleased>(e); };
        const auto released = std::find_if(events_.rbegin(), events_.rend(), is_it);
        REQUIRE(released != events_.rend());
        auto session = std::move(std::get<media::LegReleased>(*released).session);
        command(worker, media::AdoptLeg{there, id_of(phone), std::move(session), {}});
        member.worker = worker;
    };
    carry(room, other_room, by_way_of);
    run(std::chrono::milliseconds(500));
    carry(other_room, room, to);
}

std::size_t SpreadRoom::index_of(const Phone& phone) const {
    const auto is_it = [&](const Member& member) { return member.phone.get() == &phone; };
    return static_cast<std::size_t>(std::ranges::find_if(members_, is_it) - members_.begin());
}

media::ParticipantId SpreadRoom::id_of(const Phone& phone) const {
    return {index_of(phone) + 1};
}

media::MediaCounters SpreadRoom::counters() const {
    media::MediaCounters all;
    for (const Worker& worker : workers_) all += worker.engine->counters();
    return all;
}

TimePoint SpreadRoom::next_event(TimePoint until) const {
    TimePoint next = until;
    for (const Worker& worker : workers_)
        if (const auto t = worker.stalled ? std::nullopt : worker.engine->next_timeout())
            next = std::min(next, worker.free_at(std::max(*t, now())));
    for (const Member& member : members_)
        if (member.is_here) next = std::min(next, *member.phone->next_send());
    return std::max(next, now());
}

void SpreadRoom::run(Duration d) {
    const TimePoint until = now() + d;
    while (now() < until) {
        network_.now = next_event(until);
        for (Member& member : members_)
            while (member.is_here && *member.phone->next_send() <= now()) member.phone->send_frame();
        for (Worker& worker : workers_)
            if (!worker.stalled && worker.free_at(now()) == now()) run_engine(worker);
    }
    network_.now += 2 * VirtualNetwork::transit;
    for (Member& member : members_) member.phone->listen();
    network_.now -= 2 * VirtualNetwork::transit;
}

void SpreadRoom::run_engine(Worker& worker) {
    const std::uint64_t before = allocations() - network_.allocated;
    for (auto t = worker.engine->next_timeout(); t && *t <= now(); t = worker.engine->next_timeout())
        worker.engine->run_due(now());
    if (count_allocations) allocated += allocations() - network_.allocated - before;
    for (auto& event : worker.engine->take_events()) events_.push_back(std::move(event));
}

}  // namespace rotunda::sim
