// What a running server consists of, joined on the signaling thread. Seen by server.cpp (wiring and serving),
// server_end.cpp (draining and stopping) and server_host.cpp (what operators ask for), and by nobody else.
#pragma once

#include <unordered_set>

#include "api/operator_api.hpp"
#include "rooms/focus.hpp"
#include "server/account_services.hpp"
#include "server/call_recorder.hpp"
#include "server/clock.hpp"
#include "server/dns_client.hpp"
#include "server/event_loop.hpp"
#include "server/event_tap.hpp"
#include "server/front_door.hpp"
#include "server/http_listener.hpp"
#include "server/local_addresses.hpp"
#include "server/log_writer.hpp"
#include "server/media_port_pool.hpp"
#include "server/media_worker.hpp"
#include "server/overload_watch.hpp"
#include "server/process_limits.hpp"
#include "server/server.hpp"
#include "server/service_manager.hpp"
#include "server/sip_routes.hpp"
#include "server/sip_tap.hpp"
#include "server/sip_transports.hpp"
#include "server/system_random.hpp"
#include "server/video_worker.hpp"
#include "server/webhooks.hpp"
#include "signaling/patient_requests.hpp"
#include "signaling/user_agent.hpp"

namespace rotunda::server {

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
    void on_datagram(std::string_view bytes, const sip::Flow& flow);
    void take_patient_requests();
    void on_message(sip::ParsedMessage message, const sip::Flow& flow);
    std::unordered_set<sip::ConnectionId> connections_in_use() const;
    bool settle_once();
    void give_memory_back();
    void on_timer();
    void watch_load();
    ThreadLoad signaling_load(TimePoint now);
    void tell_of_strain();
    void on_room_events(std::vector<media::RoomEvent>& events);
    void on_video_events(std::vector<media::VideoEvent>& events);
    void on_stop_signal();
    void begin_draining();
    void set_drain_end();
    void announce_end();
    void hang_up();
    void end_farewell();
    void stop_if_quiet();
    void tell_last_events();
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
    sip::PatientRequests patient_requests_;
    LoopTimer patience_timer_;
    DnsClient dns_;
    const TimePoint started_ = clock_.now();
    api::OperatorApi api_;
    HttpListener http_;
    ServiceManager service_;
    std::optional<Endpoint> http_bound_;
    LoopTimer agent_timer_;
    OverloadWatch overload_{granted_cores()};
    Strain strain_ = Strain::none;
    LoopTimer overload_timer_;
    TimePoint next_look_ = started_;
    std::uint64_t looks_ = 0, late_looks_ = 0;
    LoopTimer end_timer_;  // the end of the present phase
    enum class Phase { serving, draining, announcing, hanging_up, telling, stopped } phase_ = Phase::serving;
    TimePoint draining_since_{}, telling_until_{};
    bool signalled_ = false;
    std::uint64_t requests_at_trim_ = 0;
    std::uint64_t reloads_ = 0, failed_reloads_ = 0;
    std::vector<std::unique_ptr<MediaWorker>> workers_;
    std::vector<std::unique_ptr<VideoWorker>> video_workers_;
};

}  // namespace rotunda::server
