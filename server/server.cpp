#include "server/server.hpp"

#include <fmt/format.h>
#include <malloc.h>

#include <csignal>

#include "api/operator_api.hpp"
#include "rooms/focus.hpp"
#include "server/account_services.hpp"
#include "server/call_recorder.hpp"
#include "server/clock.hpp"
#include "server/dns_client.hpp"
#include "server/event_loop.hpp"
#include "server/event_tap.hpp"
#include "server/front_door.hpp"
#include "server/greeting.hpp"
#include "server/http_listener.hpp"
#include "server/local_addresses.hpp"
#include "server/log_writer.hpp"
#include "server/media_identity.hpp"
#include "server/media_port_pool.hpp"
#include "server/media_worker.hpp"
#include "server/overload_watch.hpp"
#include "server/process_limits.hpp"
#include "server/reload.hpp"
#include "server/service_manager.hpp"
#include "server/settings.hpp"
#include "server/sip_routes.hpp"
#include "server/sip_tap.hpp"
#include "server/sip_transports.hpp"
#include "server/socket.hpp"
#include "server/state_report.hpp"
#include "server/system_random.hpp"
#include "server/video_worker.hpp"
#include "server/webhooks.hpp"
#include "server/week_minute.hpp"
#include "signaling/stateless_response.hpp"
#include "signaling/user_agent.hpp"
#include "signaling/writer.hpp"

namespace rotunda::server {
namespace {

// With the BYEs out, so long their answers are waited for; the whole end takes less than two seconds.
constexpr Duration farewell = std::chrono::milliseconds(1500);
// In requests: a hundred calls.
constexpr std::uint64_t busy_spell = 200;
constexpr int busy_retry_after_s = 10;
// RFC 3326; 503-like reasons are for requests, a BYE says why the call ends.
constexpr std::string_view shutdown_reason = "SIP;cause=503;text=\"Shutting down\"";

}  // namespace

class Server::Parts final : private api::Host {
  public:
    Parts(Config c, Reread reread, std::unique_ptr<rtp::DtlsIdentity> dtls);

    Result<std::vector<ListenAddress>> listen();
    void run();
    void stop();
    void post_reload() {
        loop.post([this] { (void)reload(); });
    }
    const std::vector<ListenAddress>& bound() const { return bound_; }
    std::optional<Endpoint> http_bound() const { return http_bound_; }

    EventLoop loop;

  private:
    // api::Host
    api::Snapshot snapshot() const override;
    TimePoint now() const override { return clock_.now(); }
    WallOffset wall_offset() const override { return clock_.wall_offset(); }
    void drain() override;
    Result<api::ReloadReport> reload() override;
    void each_user(const UserVisitor& visit) const override;
    std::vector<sip::Ban> bans() const override { return door_.bans(); }
    void ban(const IpAddress& address, Duration length) override { door_.ban(address, length); }
    bool lift_ban(const IpAddress& address) override { return door_.lift(address); }
    // Passes on what the cores have to say until they have nothing more.
    void settle() override;

    std::optional<Error> listen_http();
    void start_workers();
    void warn_about_limits();
    void on_message(sip::ParsedMessage message, const sip::Flow& flow);
    bool settle_once();
    void give_memory_back();
    void on_timer();
    void watch_load();
    void on_room_events(std::vector<media::RoomEvent>& events);
    void on_video_events(const std::vector<media::VideoEvent>& events);
    void on_stop_signal();
    void begin_draining();
    void announce_end();
    void hang_up();
    void end_farewell();
    void stop_if_quiet();
    void log_state();
    void keep(const rooms::CallRecord& record);

    Config config_;
    const Reread reread_;
    SystemClock clock_;
    SystemRandom random_;
    LogWriter log_;
    const std::size_t file_limit_ = raise_file_limit();
    const std::unique_ptr<rtp::DtlsIdentity> dtls_;
    LocalAddresses routes_;
    AdvertisedAddresses advertised_;
    UdpPortPool ports_;
    AccountServices accounts_;
    api::Records records_;
    Webhooks webhooks_;
    CallRecorder recorder_;
    EventTap events_;
    SipTap tap_;
    std::vector<ListenAddress> bound_;
    FrontDoor door_;
    SipRoutes sip_routes_;
    sip::UserAgent agent_;
    rooms::Focus focus_;
    SipTransports transports_;
    DnsClient dns_;
    const TimePoint started_ = clock_.now();
    api::OperatorApi api_;
    HttpListener http_;
    ServiceManager service_;
    std::optional<Endpoint> http_bound_;
    LoopTimer agent_timer_;
    OverloadWatch overload_;
    bool overloaded_ = false;
    LoopTimer overload_timer_;
    LoopTimer end_timer_;  // the end of the present phase
    enum class Phase { serving, draining, announcing, hanging_up, stopped } phase_ = Phase::serving;
    bool signalled_ = false;
    std::uint64_t requests_at_trim_ = 0;
    std::uint64_t reloads_ = 0, failed_reloads_ = 0;
    std::vector<std::unique_ptr<MediaWorker>> workers_;
    std::vector<std::unique_ptr<VideoWorker>> video_workers_;
};

Server::Parts::Parts(Config c, Reread reread, std::unique_ptr<rtp::DtlsIdentity> dtls)
    : config_(std::move(c)),
      reread_(std::move(reread)),
      log_(config_.log, clock_),
      dtls_(std::move(dtls)),
      routes_(clock_),
      advertised_(config_),
      ports_(config_.media, clock_, routes_, advertised_, random_),
      accounts_(config_, loop, clock_, random_, log_),
      records_(static_cast<std::uint64_t>(clock_.wall().time_since_epoch() / std::chrono::microseconds(1))),
      webhooks_(clock_, log_),
      recorder_(config_.cdr, log_),
      events_(log_, records_.events, webhooks_, clock_, [this] { http_.push_events(); }),
      tap_(clock_, records_.trace, config_.hep),
      door_(config_, accounts_.gatekeeper().policy(), clock_, events_, random_.next()),
      sip_routes_(routes_, advertised_, bound_, config_.sip.domains),
      agent_(user_agent_settings(config_), random_),
      focus_(focus_settings(config_, dtls_.get()), agent_, ports_, sip_routes_, random_, events_),
      transports_(loop, clock_, log_, advertised_, config_.sip,
                  {[this](std::string_view bytes, const sip::Flow& flow) {
                       if (!door_.lets_in(bytes, flow)) return;
                       tap_.message(true, flow, bytes);
                       agent_.receive(bytes, flow, clock_.now());
                       settle();
                   },
                   [this](sip::ParsedMessage message, const sip::Flow& flow) {
                       on_message(std::move(message), flow);
                   },
                   [this](const sip::Flow& flow) {
                       agent_.on_transport_error(flow, clock_.now());
                       settle();
                   },
                   [this](sip::ConnectionId connection) { accounts_.on_connection_lost(connection); },
                   [this](const sip::Flow& flow) { return door_.lets_connect(flow); }}),
      dns_(loop, clock_, config_.sip.dns_servers,
           [this](const sip::DnsAnswer& answer) {
               agent_.on_dns_answer(answer, clock_.now());
               settle();
           }),
      api_(*this, focus_, records_, http_tokens(config_)),
      http_(loop, clock_, records_.events,
            [this](const api::HttpRequest& request) { return api_.answer(request); }),
      service_(loop, clock_),
      agent_timer_(loop, clock_, [this] { on_timer(); }),
      overload_timer_(loop, clock_, [this] { watch_load(); }),
      end_timer_(loop, clock_, [this] {
          if (phase_ == Phase::draining)
              announce_end();
          else if (phase_ == Phase::announcing)
              hang_up();
          else
              end_farewell();
      }) {}

Result<std::vector<ListenAddress>> Server::Parts::listen() {
    if (auto problem = accounts_.open()) return fail(std::move(*problem));
    webhooks_.configure(config_.webhooks);
    focus_.on_record([this](const rooms::CallRecord& record) { keep(record); });
    focus_.on_captured([this](const rooms::Participant& who, media::PacketsCaptured event) {
        records_.captures.add(who.call_id, std::move(event.packets), event.last);
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

// The default address is a convenience: that another program has it is no reason not to serve calls.
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
                loop.post([this, moved = std::move(events)] { on_video_events(moved); });
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
    warn_about_limits();
    service_.ready();
    focus_.sign_on(clock_.now());
    watch_load();
    settle();
    loop.run();
    workers_.clear();  // their last events find no loop and are dropped
    video_workers_.clear();
    log_.write({LogLevel::info, "server.stopped", "", {{"calls_cut", std::to_string(focus_.calls())}}});
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
        if (!proof.user.empty()) accounts_.gatekeeper().on_call_stands(proof.user);
    }
    for (const auto& wrong : accounts_.gatekeeper().take_wrong_credentials())
        door_.on_wrong_credentials(wrong);
    for (const sip::OutgoingMessage& message : messages) {
        if (!door_.lets_out(message)) continue;
        tap_.message(false, message.flow, message.bytes);
        transports_.send(message);
    }
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

// Transactions remember their messages for half a minute. When the last one of a busy spell is over the
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
    std::vector<media::MediaCounters> counters;
    for (const auto& worker : workers_) counters.push_back(worker->counters());
    const bool now = overload_.update(counters);
    if (now != std::exchange(overloaded_, now))
        log_.write({LogLevel::warning,
                    now ? "server.overloaded" : "server.relieved",
                    now ? "media workers are late: new calls are refused" : "new calls are taken again",
                    {}});
    focus_.set_overloaded(now);
    overload_timer_.set(clock_.now() + std::chrono::seconds(1));
}

void Server::Parts::on_room_events(std::vector<media::RoomEvent>& events) {
    for (media::RoomEvent& event : events) focus_.handle(std::move(event), clock_.now());
    settle();
}

void Server::Parts::on_video_events(const std::vector<media::VideoEvent>& events) {
    for (const media::VideoEvent& event : events) focus_.handle(event, clock_.now());
    settle();
}

void Server::Parts::stop() {
    loop.post([this] { on_stop_signal(); });
}

// Asked over HTTP: unlike at SIGTERM, no deadline means that calls may take all the time they want.
void Server::Parts::drain() {
    if (phase_ != Phase::serving) return;
    begin_draining();
    if (config_.drain_deadline > Duration(0)) end_timer_.set(clock_.now() + config_.drain_deadline);
    loop.post([this] { settle(); });  // it may end the server, which owes an answer first
}

void Server::Parts::each_user(const UserVisitor& visit) const {
    accounts_.users().each(
        [&](const std::string& name) { visit(name, accounts_.registrar().locations().bindings(name)); });
}

// Everything that can fail comes before anything is changed.
Result<api::ReloadReport> Server::Parts::reload() {
    const auto refuse = [this](std::string why) {
        ++failed_reloads_;
        events_.write({LogLevel::warning, "config.not_reloaded", why + "; nothing was changed", {}});
        return fail_with(std::move(why));
    };
    if (!reread_) return refuse("this server was not started from a configuration it could read again");
    const auto read = reread_();
    if (!read) return refuse(read.error().message);
    Reload plan = plan_reload(config_, *read);
    if (const auto problem = transports_.use(plan.config.sip.tls)) return refuse(problem->message);
    config_ = std::move(plan.config);
    log_.set_level(config_.log.level);
    transports_.know_peers(certificate_domains(config_));
    accounts_.configure();
    focus_.configure(focus_settings(config_, dtls_.get()), clock_.now());
    api_.set_tokens(http_tokens(config_));
    webhooks_.configure(config_.webhooks);
    ++reloads_;
    events_.write({LogLevel::info,
                   "config.reloaded",
                   "",
                   {{"changed", fmt::format("{}", fmt::join(plan.changed, " "))},
                    {"ignored_until_restart", fmt::format("{}", fmt::join(plan.ignored, " "))}}});
    settle();
    return api::ReloadReport{std::move(plan.changed), std::move(plan.ignored)};
}

void Server::Parts::begin_draining() {
    events_.write({LogLevel::info,
                   "server.draining",
                   "no new calls",
                   {{"calls", std::to_string(focus_.calls())},
                    {"deadline_ms", std::to_string(config_.drain_deadline / std::chrono::milliseconds(1))}}});
    service_.stopping();
    phase_ = Phase::draining;
    focus_.refuse_new_calls();
}

// A server that was told over HTTP to drain goes on with it at the first signal (a container's preStop hook
// comes before SIGTERM), but no longer than the deadline.
void Server::Parts::on_stop_signal() {
    if (std::exchange(signalled_, true)) {
        phase_ = Phase::stopped;
        return loop.stop();
    }
    if (phase_ == Phase::announcing || phase_ == Phase::hanging_up) return;
    drain();
    if (config_.drain_deadline == Duration(0)) hang_up();
}

void Server::Parts::announce_end() {
    phase_ = Phase::announcing;
    focus_.announce_end();
    end_timer_.set(clock_.now() + media::closing_chime_lasts);
    settle();
}

void Server::Parts::hang_up() {
    phase_ = Phase::hanging_up;
    focus_.end_all_calls(shutdown_reason, clock_.now());
    focus_.sign_off(clock_.now());
    end_timer_.set(clock_.now() + farewell);
    settle();
}

// A peer who never acknowledged our 200 learns now that the call is over.
void Server::Parts::end_farewell() {
    agent_.send_waiting_byes(clock_.now());
    settle();
    loop.stop();
}

// Every BYE answered and every leg's quality line written.
void Server::Parts::stop_if_quiet() {
    if (phase_ == Phase::stopped || !focus_.idle() || agent_.session_count() > 0) return;
    phase_ = Phase::stopped;
    loop.stop();
}

api::Snapshot Server::Parts::snapshot() const {
    const sip::TransactionLayer& layer = agent_.transactions();
    api::Snapshot now;
    now.version = ROTUNDA_VERSION;
    now.uptime = clock_.now() - started_;
    now.draining = phase_ != Phase::serving;
    now.sessions = agent_.session_count();
    now.transactions = layer.server_transactions() + layer.client_transactions();
    now.stream_connections = transports_.tcp().connections();
    now.free_media_pairs = ports_.free();
    now.log_lines_lost = log_.lost();
    now.requests = layer.counters().requests;
    now.refused = refusals(agent_, transports_);
    const HttpListener::Counters& http = http_.counters();
    now.http = {http_.connections(), http.requests, http.refused, http.limited};
    const Webhooks::Counters hooks = webhooks_.counters();
    now.webhooks = {hooks.sent, hooks.retries, hooks.lost, hooks.waiting};
    now.records_lost = recorder_.lost();
    now.hep_lost = tap_.hep().lost();
    const sip::FloodGuard::Counters& flood = door_.counters();
    now.bans = door_.bans_so_far();
    now.banned = door_.bans().size();
    now.calls_max = config_.calls_max;
    now.certificate_expires = transports_.certificate_expires();
    now.reloads = reloads_;
    now.failed_reloads = failed_reloads_;
    now.queues = {{"log", log_.waiting()},
                  {"records", recorder_.waiting()},
                  {"webhooks", hooks.waiting},
                  {"media", 0},
                  {"video", 0}};
    for (const auto& worker : workers_) now.queues["media"] += worker->waiting();
    for (const auto& worker : video_workers_) now.queues["video"] += worker->waiting();
    now.refused["flood_banned"] = flood.dropped_banned;
    now.refused["flood_scanners"] = flood.dropped_scanners;
    now.refused["flood_limited"] = flood.dropped_limited + flood.refused_busy;
    now.refused["flood_unsent"] = flood.unsent;
    now.refused["flood_connections"] = flood.refused_connections;
    for (const auto& worker : workers_) now.media += worker->counters();
    for (const auto& worker : video_workers_) now.video += worker->counters();
    return now;
}

void Server::Parts::keep(const rooms::CallRecord& record) {
    const WallOffset offset = clock_.wall_offset();
    std::string json = api::to_json(record, offset);
    records_.calls.add(json);
    recorder_.add(
        {std::move(json), record.call_id, record.room, api::timestamp(to_wall(record.ended, offset))});
}

void Server::Parts::log_state() {
    const api::Snapshot now = snapshot();
    log_.write(state_record(focus_, now));
    log_.write(refused_record(now.refused));
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
