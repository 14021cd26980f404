// The whole server: sockets, user agent, focus and media workers, joined on the signaling thread.
#pragma once

#include <memory>
#include <vector>

#include "base/result.hpp"
#include "server/config.hpp"

namespace rotunda::server {

class Server {
  public:
    // Binds every listener and starts the workers. The error is one line for the operator.
    static Result<std::unique_ptr<Server>> start(Config config);
    ~Server();

    // Serves on this thread, which becomes the signaling thread, until a signal has ended it: the first
    // SIGTERM or SIGINT drains for drain.deadline and then hangs up every call, a second one ends at once.
    // SIGUSR1 logs what the server holds.
    void run();
    // As SIGTERM. Any thread.
    void drain();

    // The listeners as they are, ports that were 0 filled in.
    const std::vector<ListenAddress>& bound() const;
    // Where HTTP is served; nullopt: nowhere.
    std::optional<Endpoint> http_bound() const;

  private:
    class Parts;
    explicit Server(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace rotunda::server
