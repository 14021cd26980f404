// Every subscription of which this process is the notifier (RFC 6665), whatever its event package: takes
// SUBSCRIBE, keeps each subscription in its dialog, sends NOTIFY. Signaling thread; works through the user
// agent and keeps no clock.
//
// A subscription lives in a dialog of its own, or shares that of a call, which then outlives its BYE (RFC
// 5057). The owner decides who may watch what, before he calls subscribe() or open(); he says when something
// changed, and is asked for a body only when a NOTIFY is due. However often things change, a slow peer costs
// one NOTIFY.
//
// After every call into it the owner asks next_due() until it has nothing more, and take_over().
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/strong_id.hpp"
#include "base/time.hpp"
#include "base/timer_queue.hpp"
#include "signaling/dialog.hpp"
#include "signaling/subscription.hpp"
#include "signaling/user_agent.hpp"

namespace rotunda::sip {

using SubscriptionId = StrongId<struct SubscriptionTag>;

// The owner owes a notify() at once.
struct NotifyDue {
    SubscriptionId subscription;
    bool full = true;  // all there is; else what changed since the last one suffices
    bool last = false;
    // Who is to be told has not shown yet that he wants to be: anyone may write another's address into a
    // SUBSCRIBE. A body should have no more octets than that had, or say as little as it can. None: he has.
    std::optional<std::size_t> most_bytes = {};
};

struct NotifierSettings {
    std::vector<EventPackage> packages;
    // Beyond these: 503 with Retry-After. Subscriptions in calls and of REFER may be a quarter more, those
    // whose first NOTIFY nobody has answered yet a quarter of these.
    std::size_t max_subscriptions = 20'000;
    std::size_t max_per_peer = 1000;  // that came from one address (IPv6: one /64)
    std::size_t max_per_dialog = 16;  // in the dialog of one call
    std::size_t max_unproven = 32;    // whose first NOTIFY one target has not answered yet
    std::uint32_t retry_after_s = 30;
    // Octets in bodies that wait for the answer to their NOTIFY, of all together and of those from one
    // address. Once there, the next NOTIFY waits its turn, each address in its own queue; last words and the
    // progress of a REFER do not wait.
    std::size_t max_bytes_under_way = std::size_t{16} << 20;
    std::size_t max_bytes_of_peer = std::size_t{512} << 10;
    std::size_t max_routes = 10;  // Record-Route of a SUBSCRIBE; beyond: 400
};

class Notifier {
  public:
    // `agent` and `random` outlive the notifier.
    Notifier(NotifierSettings settings, UserAgent& agent, RandomSource& random);
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;

    // --- from the network and the clock
    //
    // Every SUBSCRIBE comes here first: true if it was the refresh or end of a subscription, or inside a
    // dialog nobody knows, and is thereby answered (200, 400, 406, 423, 481, 489, 500). `session`: the call
    // in whose dialog it came.
    bool resubscribe(const RequestReceived& subscribe, std::optional<SessionId> session, TimePoint now);
    // What a SUBSCRIBE is refused with whatever it watches (400, 406, 423, 489); nullopt: it can be read.
    std::optional<SipMessage> refusal_of(const SipMessage& subscribe) const;
    // Another one, whose sender may watch what he names; it is answered here, with 200 or a refusal (400,
    // 403, 406, 423, 481, 489, 503). `contact`: who we are in a dialog of its own. No id: it was refused.
    std::optional<SubscriptionId> subscribe(const RequestReceived& subscribe,
                                            std::optional<SessionId> session, const LocalContact& contact,
                                            TimePoint now);
    // The same for a subscription that another request makes (REFER, RFC 3515 §2.4.4), answered with 202.
    // `event_id`: the id parameter of Event, empty for none. It lasts for the package's default_expires.
    std::optional<SubscriptionId> open(const RequestReceived& request, std::optional<SessionId> session,
                                       const LocalContact& contact, std::string_view package,
                                       std::string_view event_id, TimePoint now);
    // False: not the answer to a NOTIFY of ours.
    bool on_answer(const RequestAnswered& answer, TimePoint now);
    void on_timeout(TimePoint now);
    std::optional<TimePoint> next_timeout() const { return timers_.next(); }

    // --- to the owner
    std::optional<NotifyDue> next_due(TimePoint now);
    // Subscriptions that are no more, each exactly once.
    std::vector<SubscriptionId> take_over();

    // --- commands; what has just ended may still be named
    //
    // What it watches is not as it was.
    void changed(SubscriptionId subscription, TimePoint now);
    // One NOTIFY more, with this reason.
    void terminate(SubscriptionId subscription, SubscriptionEnd reason, TimePoint now);
    // What NotifyDue asked for; may be empty.
    void notify(SubscriptionId subscription, std::string body, TimePoint now);

    // --- to look at
    std::size_t size() const { return usages_.size(); }
    // Over which connections watchers with a dialog of their own have last been heard.
    void add_connections(std::unordered_set<ConnectionId>& used) const;
    std::uint64_t notifies() const { return notifies_; }
    std::size_t bytes_under_way() const { return bytes_under_way_; }
    // "conference, refer", for Allow-Events.
    const std::string& allow_events() const { return allow_events_; }

  private:
    // What Event, Expires and Accept of a SUBSCRIBE ask for.
    struct Wish {
        const EventPackage* package = nullptr;
        std::string event_id;
        std::chrono::seconds expires{};
    };
    // One subscription and its place in a dialog.
    struct Usage {
        SubscriptionId id;
        std::string event;  // value of Event
        Wish wish;
        Subscription subscription;
        std::optional<SessionId> session;  // the call whose dialog it shares,
        std::optional<Dialog> dialog;      // or its own
        LocalContact contact;
        std::string state;    // Subscription-State of the NOTIFY that is due
        bool queued = false;  // in ready_
        RequestId request;    // the NOTIFY under way, and the size of its body
        std::size_t bytes = 0;
        RequestId left_behind;            // one that went elsewhere than the next: its answer shows nothing
        IpAddress peer;                   // where it was asked for, as one subscriber
        std::string target;               // whom its NOTIFYs reach,
        std::optional<std::size_t> size;  // as long as he has answered none: of the SUBSCRIBE
    };
    struct Peer {
        std::size_t subscriptions = 0;
        std::size_t bytes = 0;               // under way
        std::deque<SubscriptionId> waiting;  // for their turn
    };
    using Read = Result<Wish, SipMessage>;  // or the refusal

    // notifier_subscribe.cpp
    Read read(const SipMessage& subscribe) const;
    Read refused(const SipMessage& request, int status) const;
    Usage* find(const SipMessage& subscribe, std::optional<SessionId> session);
    bool knows_dialog(const SipMessage& request) const;
    void refresh(Usage& usage, const RequestReceived& subscribe, std::chrono::seconds expires, TimePoint now);
    std::optional<SipMessage> refusal(const RequestReceived& request, std::optional<SessionId> session,
                                      const Wish& wish) const;
    bool is_full(const RequestReceived& request, bool of_call) const;
    bool has_room_at(const std::string& target) const;
    bool move(Usage& usage, Dialog next, const SipMessage& wish, bool believed);
    SipMessage busy(const SipMessage& request) const;
    std::size_t quarter() const { return (settings_.max_subscriptions + 3) / 4; }
    std::optional<SubscriptionId> begin(const RequestReceived& request, std::optional<SessionId> session,
                                        const LocalContact& contact, Wish wish, int status, TimePoint now);
    void respond(const Usage& usage, const RequestReceived& request, int status, TimePoint now);

    // notifier.cpp
    const EventPackage* package(std::string_view name) const;
    Usage* find(SubscriptionId id);
    RequestId send(Usage& usage, std::string body, TimePoint now);
    // After each input to the usage's subscription; the usage may be gone afterwards.
    void settle(Usage& usage, TimePoint now);
    void end(Usage& usage, TimePoint now);
    bool must_wait(const Usage& usage) const;
    Usage* next_ready();
    Usage* next_waiting();
    void on_success(Usage& usage, RequestId notify, const SipMessage& answer);
    void proven(Usage& usage);
    void free_bytes(Usage& usage);

    NotifierSettings settings_;
    UserAgent& agent_;
    RandomSource& random_;
    std::string allow_events_;

    IdSource<SubscriptionId> ids_;
    std::unordered_map<SubscriptionId, Usage> usages_;
    std::unordered_map<std::string, SubscriptionId> by_local_tag_;  // those with a dialog of their own
    std::unordered_multimap<SessionId, SubscriptionId> by_session_;
    std::unordered_map<RequestId, SubscriptionId> under_way_;
    TimerQueue<SubscriptionId> timers_;
    std::deque<SubscriptionId> ready_;
    std::map<IpAddress, Peer> peers_;              // peers choose these keys: a tree cannot be made slow
    std::deque<IpAddress> hungry_;                 // those of them with something waiting, by turns
    std::map<std::string, std::size_t> unproven_;  // by target
    std::size_t all_unproven_ = 0;
    std::vector<SubscriptionId> over_;
    std::size_t bytes_under_way_ = 0;
    std::uint64_t notifies_ = 0;
};

}  // namespace rotunda::sip
