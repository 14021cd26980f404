#include "server/server.hpp"

#include <fmt/format.h>
#include <malloc.h>

#include <csignal>

#include "server/greeting.hpp"
#include "server/media_identity.hpp"
#include "server/server_parts.hpp"
#include "server/settings.hpp"
#include "server/socket.hpp"
#include "server/week_minute.hpp"
#include "signaling/stateless_response.hpp"
#include "signaling/writer.hpp"

namespace rotunda::server {
namespace {

// In requests: a hundred calls.
constexpr std::uint64_t busy_spell = 200;
constexpr int busy_retry_after_s = 10;

}  // namespace

Server::Parts::Parts(Config c, Reread reread, std::unique_ptr<rtp::DtlsIdentity> dtls)
    : config_(std::move(c)),
      reread_(std::move(reread)),
      log_(config_.log, clock_),
      dtls_(std::move(dtls)),
      routes_(clock_),
      advertised_(config_),
      ports_(config_.media, clock_, routes_, advertised_, random_),
      accounts_(config_, loop, clock_, routes_, random_, log_),
      records_(static_cast<std::uint64_t>(clock_.wall().time_since_epoch() / std::chrono::microseconds(1))),
      webhooks_(clock_, log_),
      recorder_(config_.cdr, log_),
      events_(log_, records_.events, webhooks_, clock_, [this] { http_.push_events(); }),
      tap_(clock_, records_.trace, config_.hep, log_),
      door_(config_, accounts_.gatekeeper().policy(), clock_, events_, KeyedHash(random_),
            [this](const sip::RequestSketch& request, const sip::Flow& flow) {
                const sip::DialogId dialog{std::string(request.call_id), std::string(request.to_tag),
                                           std::string(request.from_tag)};
                return (!request.to_tag.empty() && agent_.is_partner(dialog, flow)) ||
                       accounts_.gatekeeper().has_challenged(request.authorization, flow.remote.address,
                                                             clock_.now());
            }),
      sip_routes_(routes_, advertised_, bound_, config_.sip.domains),
      agent_(user_agent_settings(config_), random_),
      focus_(focus_settings(config_, dtls_.get()), agent_, ports_, sip_routes_, random_, events_),
      transports_(loop, clock_, log_, events_, advertised_, config_.sip,
                  {[this](std::string_view bytes, const sip::Flow& flow) {
                       if (patient_requests_.hold(bytes, flow, clock_.now()))
                           return patience_timer_.set(patient_requests_.due());
                       on_datagram(bytes, flow);
                       settle();
                   },
                   [this](sip::ParsedMessage message, const sip::Flow& flow) {
                       on_message(std::move(message), flow);
                   },
                   [this](const sip::Flow& flow) {
                       agent_.on_transport_error(flow, clock_.now());
                       settle();
                   },
                   [this](sip::ConnectionId connection) {
                       accounts_.on_connection_lost(connection);
                       focus_.on_connection_lost(connection, clock_.now());
                       settle();
                   },
                   [this](const sip::Flow& flow) { return door_.lets_connect(flow); },
                   [this](const sip::Flow& flow) { return door_.is_trunk(flow); },
                   [this] { return connections_in_use(); },
                   [this](const sip::Flow& flow) { return door_.hears(flow); }}),
      patience_timer_(loop, clock_, [this] { take_patient_requests(); }),
      dns_(loop, clock_, config_.sip.dns_servers,
           [this](const sip::DnsAnswer& answer) {
               agent_.on_dns_answer(answer, clock_.now());
               settle();
           }),
      api_(*this, focus_, records_, http_tokens(config_)),
      http_(
          loop, clock_, records_.events, log_,
          [this](const api::HttpRequest& request) { return api_.answer(request); }, {},
          [this](const api::HttpRequest& request) { return api_.knows(request); }),
      service_(loop, clock_),
      agent_timer_(loop, clock_, [this] { on_timer(); }),
      overload_timer_(loop, clock_, [this] { watch_load(); }),
      end_timer_(loop, clock_, [this] {
          if (phase_ == Phase::draining)
              announce_end();
          else if (phase_ == Phase::announcing)
              hang_up();
          else if (phase_ == Phase::hanging_up)
              end_farewell();
          else if (phase_ == Phase::telling)
              tell_last_events();
      }) {}

Result<std::vector<ListenAddress>> Server::Parts::listen() {
    if (auto problem = accounts_.open()) return fail(std::move(*problem));
    webhooks_.configure(config_.webhooks);
    focus_.on_record([this](const rooms::CallRecord& record) { keep(record); });
    focus_.on_captured([this](const rooms::Participant& who, media::PacketsCaptured event) {
        records_.captures.add(who.call_id, event.traffic, std::move(event.packets));
    });
    agent_.set_guard(&accounts_.gatekeeper());
    focus_.set_registrar(&accounts_.registrar());
    focus_.set_calendar([this](TimePoint) { return minute_of_week(clock_.wall()); });
    focus_.set_users([this](std::string_view user) { return accounts_.is_user(user); });
    transports_.know_peers(certificate_domains(config_));
    auto bound = transports_.listen();
    if (!bound) return bound;
    bound_ = *bound;
    agent_.set_flow_source(sip_routes_);
    if (auto problem = listen_http()) return fail(std::move(*problem));
    start_workers();
    return bound;
}

// Another program may have the default address: that is no reason not to serve calls.
std::optional<Error> Server::Parts::listen_http() {
    if (!config_.http.listen) return std::nullopt;
    auto bound = http_.listen(*config_.http.listen);
    if (bound) {
        http_bound_ = *bound;
        return std::nullopt;
    }
    const std::string why = fmt::format("http.listen: cannot listen on {}: {}",
                                        config_.http.listen->to_string(), why_not_bound(bound.error()));
    if (config_.http.chosen) return Error{why};
    log_.write({LogLevel::warning,
                "http.not_served",
                why + "; set http.listen to another address, or to nothing",
                {}});
    return std::nullopt;
}

void Server::Parts::start_workers() {
    for (std::size_t i = 0; i < worker_count(config_); ++i)
        workers_.push_back(
            std::make_unique<MediaWorker>(clock_, dtls_.get(), [this](std::vector<media::RoomEvent> events) {
                loop.post([this, moved = std::move(events)]() mutable { on_room_events(moved); });
            }));
    const VideoThreads video = video_threads(config_);
    for (std::size_t i = 0; i < video.workers; ++i)
        video_workers_.push_back(std::make_unique<VideoWorker>(
            clock_, dtls_.get(), video.helpers, video_tuning(config_),
            [this](std::vector<media::VideoEvent> events) {
                loop.post([this, moved = std::move(events)]() mutable { on_video_events(moved); });
            }));
}

void Server::Parts::warn_about_limits() {
    const std::size_t wanted = std::min<std::size_t>(2 * std::size_t{config_.calls_max},
                                                     config_.media.ports.last - config_.media.ports.first);
    if (file_limit_ < wanted + 100)
        log_.write(
            {LogLevel::warning,
             "server.few_descriptors",
             "the limit of open files allows fewer calls than configured; raise it (ulimit -n, LimitNOFILE=)",
             {{"limit", std::to_string(file_limit_)}, {"wanted", std::to_string(wanted)}}});
}

void Server::Parts::run() {
    std::signal(SIGPIPE, SIG_IGN);
    loop.on_signals({SIGTERM, SIGINT}, [this](int) { on_stop_signal(); });
    loop.on_signals({SIGHUP}, [this](int) { (void)reload(); });
    loop.on_signals({SIGUSR1}, [this](int) { log_state(); });
    if (config_.log.format == LogFormat::text) {
        std::fputs(greeting(config_, bound_, host_addresses()).c_str(), stdout);
        std::fflush(stdout);
    }
    log_.write({LogLevel::info,
                "server.started",
                "serving",
                {{"version", ROTUNDA_VERSION},
                 {"listen", listeners(bound_)},
                 {"http", http_bound_ ? http_bound_->to_string() : "off"},
                 {"workers", std::to_string(workers_.size())},
                 {"open_to", who_may_come_in(config_)}}});
    log_.write(priority_record(workers_.front()->priority()));
    warn_about_limits();
    service_.ready();
    focus_.sign_on(clock_.now());
    watch_load();
    settle();
    loop.run();
    workers_.clear();  // their last events find no loop and are dropped
    video_workers_.clear();
    log_.write({LogLevel::info,
                "server.stopped",
                "",
                {{"calls_cut", std::to_string(focus_.calls())},
                 {"webhooks_cut", std::to_string(webhooks_.unsent())}}});
}

void Server::Parts::on_datagram(std::string_view bytes, const sip::Flow& flow) {
    if (!door_.lets_in(bytes, flow)) return;
    tap_.message(true, flow, bytes);
    agent_.receive(bytes, flow, clock_.now());
}

void Server::Parts::take_patient_requests() {
    for (const auto& [datagram, flow] : patient_requests_.take(clock_.now())) {
        on_datagram(datagram, flow);
        // A wrong password counts before the next one is looked at.
        for (const sip::Flow& guess : accounts_.gatekeeper().take_guesses()) door_.on_guess(guess);
    }
    settle();
}

void Server::Parts::on_message(sip::ParsedMessage message, const sip::Flow& flow) {
    const auto admission = door_.lets_in(message, flow);
    if (admission == sip::Admission::drop) return;
    if (admission == sip::Admission::busy) {
        sip::SipMessage busy = sip::SipMessage::response_to(message.message, 503);
        busy.add(sip::HeaderId::retry_after, std::to_string(busy_retry_after_s));
        return transports_.send(sip::stateless_response(std::move(busy), flow));
    }
    tap_.message(true, flow, sip::to_wire(message.message));
    agent_.receive(std::move(message), flow, clock_.now());
    settle();
}

std::unordered_set<sip::ConnectionId> Server::Parts::connections_in_use() const {
    std::unordered_set<sip::ConnectionId> used;
    agent_.add_connections(used);
    focus_.notifier().add_connections(used);
    accounts_.registrar().locations().add_connections(used);
    return used;
}

// The order matters: the focus acts first on what the agent read; workers get their commands before peers get
// our answers; the front door learns proofs before it judges what goes out.
bool Server::Parts::settle_once() {
    focus_.drain_agent(clock_.now());
    auto commands = focus_.take_commands();
    auto video_commands = focus_.take_video_commands();
    auto messages = agent_.take_outgoing();
    for (const sip::DnsQuestion& question : agent_.take_dns_questions()) dns_.ask(question);
    // The worker learns of a leg before the peer learns of our answer, so that the first packet finds it.
    for (rooms::WorkerCommand& each : commands) workers_[each.worker]->post(std::move(each.command));
    for (rooms::VideoWorkerCommand& each : video_commands)
        video_workers_[each.worker]->post(std::move(each.command));
    for (const sip::FlowProof& proof : agent_.take_proofs()) {
        door_.prove(proof);
        transports_.prove(proof.flow.connection);
        if (!proof.user.empty()) accounts_.gatekeeper().on_call_stands(proof.user);
    }
    for (const sip::Flow& flow : accounts_.gatekeeper().take_guesses()) door_.on_guess(flow);
    for (const sip::OutgoingMessage& message : messages) {
        if (!door_.lets_out(message)) continue;
        tap_.message(false, message.flow, message.bytes);
        transports_.send(message);
    }
    for (const rooms::KeepAlive& each : focus_.take_keep_alives()) transports_.keep_alive(each);
    return !commands.empty() || !video_commands.empty() || !messages.empty();
}

void Server::Parts::settle() {
    while (settle_once()) {
    }
    accounts_.settle();
    const auto agent = agent_.next_timeout(), focus = focus_.next_timeout();
    agent_timer_.set(agent && focus ? std::min(*agent, *focus) : agent ? agent : focus);
    give_memory_back();
    if (phase_ != Phase::serving) stop_if_quiet();
}

// Transactions keep their messages for half a minute. After a busy spell, once the last one is over, the
// allocator would keep those pages for ever; after a few calls they are not worth the pause.
void Server::Parts::give_memory_back() {
    const std::uint64_t requests = agent_.transactions().counters().requests;
    if (requests - requests_at_trim_ < busy_spell || !agent_.idle()) return;
    malloc_trim(0);
    requests_at_trim_ = requests;
}

void Server::Parts::on_timer() {
    agent_.on_timeout(clock_.now());
    focus_.on_timeout(clock_.now());
    settle();
}

void Server::Parts::watch_load() {
    ServerLoad load;
    for (const auto& worker : workers_) {
        const media::MediaCounters counters = worker->counters();
        load.threads.push_back({counters.ticks + counters.skipped_ticks,
                                counters.late_ticks + counters.skipped_ticks, worker->cpu()});
    }
    const TimePoint now = clock_.now();
    load.threads.push_back(signaling_load(now));
    load.cpu = process_cpu();
    const Strain strain = overload_.update(load, now);
    if (strain != std::exchange(strain_, strain)) tell_of_strain();
    focus_.set_overloaded(strain == Strain::ours);
    next_look_ = now + std::chrono::seconds(1);
    overload_timer_.set(next_look_);
}

// TCP has no receive time stamps: how late our own one-second timer comes stands in for how long messages
// wait.
ThreadLoad Server::Parts::signaling_load(TimePoint now) {
    ++looks_;
    if (now - next_look_ > SipUdpSocket::late) ++late_looks_;
    const SipUdpSocket::Counters udp = transports_.udp_counters();
    return {udp.reads + looks_, udp.late_reads + late_looks_, thread_cpu()};
}

void Server::Parts::tell_of_strain() {
    const auto [event, what] = [this]() -> std::pair<std::string_view, const char*> {
        switch (strain_) {
            case Strain::ours:
                return {"server.overloaded", "media workers or signalling are late: new calls are refused"};
            case Strain::others:
                return {"server.held_up",
                        "media workers or signalling are late while they have little to do: other programs"};
            case Strain::none:
                break;
        }
        return {"server.relieved", "media workers and signalling are in time"};
    }();
    events_.write({LogLevel::warning, event, what, {}});
}

void Server::Parts::on_room_events(std::vector<media::RoomEvent>& events) {
    for (media::RoomEvent& event : events) focus_.handle(std::move(event), clock_.now());
    settle();
}

void Server::Parts::on_video_events(std::vector<media::VideoEvent>& events) {
    for (media::VideoEvent& event : events) focus_.handle(std::move(event), clock_.now());
    settle();
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(Config config, Reread reread) {
    SystemRandom random;
    auto dtls = media_identity(config.media, random);
    if (!dtls) return fail(dtls.error());
    auto parts = std::make_unique<Parts>(std::move(config), std::move(reread), std::move(*dtls));
    if (auto bound = parts->listen(); !bound) return fail_with(bound.error().message);
    return std::unique_ptr<Server>(new Server(std::move(parts)));
}

void Server::run() {
    parts_->run();
}

void Server::drain() {
    parts_->stop();
}

void Server::reload() {
    parts_->post_reload();
}

const std::vector<ListenAddress>& Server::bound() const {
    return parts_->bound();
}

std::optional<Endpoint> Server::http_bound() const {
    return parts_->http_bound();
}

}  // namespace rotunda::server
