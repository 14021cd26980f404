#include "server/webhooks.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "server/webhook_connection.hpp"

namespace rotunda::server {
namespace {

constexpr std::size_t most_waiting = 1000;
constexpr int most_attempts = 8;  // about two minutes
constexpr std::chrono::milliseconds first_pause(500);
constexpr std::chrono::milliseconds longest_pause(60'000);
constexpr std::chrono::milliseconds end_patience(500);

bool wants(const ConfiguredWebhook& hook, std::string_view event) {
    return hook.events.empty() ||
           std::any_of(hook.events.begin(), hook.events.end(),
                       [&](const std::string& begin) { return event.starts_with(begin); });
}

// It will never take this one, so that the others need not wait (RFC 9110 §15.5, RFC 8470, RFC 6585).
bool is_final(int status) {
    return status / 100 == 4 && status != 408 && status != 425 && status != 429;
}

}  // namespace

// Its thread shares the state, so that a name server that does not answer cannot hold the end of the process.
struct Webhooks::Hook {
    struct State {
        ConfiguredWebhook settings;
        WebhookUrl url;
        const Clock* clock;
        LogSink* log;  // used while not ending
        WebhookConnection connection;

        std::mutex mutex;
        std::condition_variable changed;
        std::deque<WebhookEvent> waiting;
        Counters counters;
        bool delivering = false;
        bool ending = false;
        bool ended = false;
    };

    Hook(const ConfiguredWebhook& settings, const Clock& clock, LogSink& log)
        : state(std::make_shared<State>()) {
        state->settings = settings;
        state->url = *WebhookUrl::parse(settings.url);
        state->clock = &clock;
        state->log = &log;
        std::thread([shared = state] { run(*shared); }).detach();
    }
    ~Hook() { let_go(); }
    // What waits is lost. Its thread ends soon, unless a name server does not answer it.
    void let_go() {
        const std::lock_guard lock(state->mutex);
        state->ending = true;
        state->counters.lost += state->waiting.size();
        state->waiting.clear();
        state->changed.notify_all();
        state->connection.abandon();
    }
    bool has_ended(std::chrono::steady_clock::time_point until = {}) const {
        std::unique_lock lock(state->mutex);
        return state->changed.wait_until(lock, until, [this] { return state->ended; });
    }

    static void run(State& state);
    static void deliver(State& state, const WebhookEvent& event, std::unique_lock<std::mutex>& lock);

    std::shared_ptr<State> state;
};

void Webhooks::Hook::run(State& state) {
    std::unique_lock lock(state.mutex);
    while (!state.ending) {
        state.changed.wait(lock, [&] { return state.ending || !state.waiting.empty(); });
        if (state.ending) break;
        const WebhookEvent event = std::move(state.waiting.front());
        state.waiting.pop_front();
        state.delivering = true;
        deliver(state, event, lock);
        state.delivering = false;
    }
    state.ended = true;
    state.changed.notify_all();
}

void Webhooks::Hook::deliver(State& state, const WebhookEvent& event, std::unique_lock<std::mutex>& lock) {
    auto pause = first_pause;
    for (int attempt = 1; !state.ending; ++attempt) {
        const auto now = state.clock->wall().time_since_epoch() / std::chrono::seconds(1);
        const std::string request = webhook_request(state.url, event, state.settings.secret, now);
        lock.unlock();
        const int status = state.connection.post(state.url, request);
        lock.lock();
        if (status / 100 == 2) {
            ++state.counters.sent;
            return;
        }
        if (state.ending) break;
        if (attempt == 1)
            state.log->write({LogLevel::warning,
                              "webhook.failed",
                              status ? "answered " + std::to_string(status) : state.connection.why_not(),
                              {{"url", state.settings.url}, {"event_id", std::to_string(event.id)}}});
        if (attempt == most_attempts || is_final(status)) break;
        ++state.counters.retries;
        state.changed.wait_for(lock, pause, [&] { return state.ending; });
        pause = std::min(pause * 2, longest_pause);
    }
    ++state.counters.lost;
}

Webhooks::Webhooks(const Clock& clock, LogSink& log) : clock_(clock), log_(log) {}

Webhooks::~Webhooks() {
    let_all_go(std::move(hooks_));
    const auto until = std::chrono::steady_clock::now() + end_patience;
    for (const auto& hook : leaving_) (void)hook->has_ended(until);
}

void Webhooks::let_all_go(std::vector<std::unique_ptr<Hook>> hooks) {
    for (auto& hook : hooks) {
        hook->let_go();
        leaving_.push_back(std::move(hook));
    }
}

void Webhooks::configure(const std::vector<ConfiguredWebhook>& hooks) {
    std::vector<std::unique_ptr<Hook>> next;
    for (const ConfiguredWebhook& settings : hooks) {
        const auto same = std::find_if(hooks_.begin(), hooks_.end(), [&](const auto& hook) {
            return hook && hook->state->settings == settings;
        });
        next.push_back(same == hooks_.end() ? std::make_unique<Hook>(settings, clock_, log_)
                                            : std::move(*same));
    }
    std::erase(hooks_, nullptr);
    let_all_go(std::exchange(hooks_, std::move(next)));
    std::erase_if(leaving_, [this](const auto& hook) {
        if (!hook->has_ended()) return false;
        add(gone_, *hook);
        return true;
    });
}

void Webhooks::tell(std::uint64_t id, std::string_view event, std::string_view json) {
    for (const auto& hook : hooks_) {
        Hook::State& state = *hook->state;
        if (!wants(state.settings, event)) continue;
        const std::lock_guard lock(state.mutex);
        if (state.waiting.size() >= most_waiting) {
            state.waiting.pop_front();
            ++state.counters.lost;
        }
        state.waiting.push_back({id, std::string(event), std::string(json)});
        state.changed.notify_all();
    }
}

Webhooks::Counters Webhooks::counters() const {
    Counters sum = gone_;
    for (const auto* hooks : {&hooks_, &leaving_})
        for (const auto& hook : *hooks) add(sum, *hook);
    return sum;
}

std::size_t Webhooks::unsent() const {
    std::size_t sum = 0;
    for (const auto& hook : hooks_) {
        const std::lock_guard lock(hook->state->mutex);
        sum += hook->state->waiting.size() + (hook->state->delivering ? 1 : 0);
    }
    return sum;
}

void Webhooks::add(Counters& sum, const Hook& hook) {
    const std::lock_guard lock(hook.state->mutex);
    sum.sent += hook.state->counters.sent;
    sum.retries += hook.state->counters.retries;
    sum.lost += hook.state->counters.lost;
    sum.waiting += hook.state->waiting.size();
}

}  // namespace rotunda::server
