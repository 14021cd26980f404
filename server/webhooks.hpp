// Tells operators' programs of events by HTTP POST. Each has a bounded queue and a thread: one that does not
// answer is asked again after twice as long each time, and neither a call nor another one waits for it.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "server/clock.hpp"
#include "server/config.hpp"

namespace rotunda::server {

class Webhooks {
  public:
    // `log` and `clock` outlive them.
    Webhooks(const Clock& clock, LogSink& log);
    ~Webhooks();
    Webhooks(const Webhooks&) = delete;
    Webhooks& operator=(const Webhooks&) = delete;

    // From now on these. One that stays as it is keeps its queue; what waits for another is lost. Waits for
    // nobody.
    void configure(const std::vector<ConfiguredWebhook>& hooks);
    void tell(std::uint64_t id, std::string_view event, std::string_view json);

    struct Counters {
        std::uint64_t sent = 0;     // taken: 2xx
        std::uint64_t retries = 0;  // attempts beyond the first
        std::uint64_t lost = 0;     // given up, or pushed out of a full queue
        std::size_t waiting = 0;
    };
    Counters counters() const;
    // Waiting, or under way.
    std::size_t unsent() const;

  private:
    struct Hook;
    static void add(Counters& sum, const Hook& hook);
    void let_all_go(std::vector<std::unique_ptr<Hook>> hooks);

    const Clock& clock_;
    LogSink& log_;
    std::vector<std::unique_ptr<Hook>> hooks_;
    std::vector<std::unique_ptr<Hook>> leaving_;  // whose threads may still run
    Counters gone_;                               // of hooks that are no more
};

}  // namespace rotunda::server
