// How much the flood guard bears. Values.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/net_address.hpp"
#include "base/time.hpp"

namespace rotunda::sip {

struct FloodSettings {
    bool enabled = true;
    // Of one address (IPv6: one /64), or of one proven endpoint: calls nobody has acknowledged that may be
    // open at once, and how fast what never completes is forgotten, a second.
    double open_calls = 350;
    double open_calls_forgotten = 20;
    // Of all addresses together from which nothing was ever acknowledged, over UDP: who forges one address
    // forges thousands. What is forgotten is what such a flood gets, and each forged call keeps its ports for
    // 32 s.
    double open_calls_in_all = 100;
    double open_calls_in_all_forgotten = 50;
    // The same of one address, for requests other than INVITE.
    double requests = 2000;
    double requests_forgotten = 200;
    // Of all addresses together from which nothing was ever proven, over UDP. Each is a transaction that
    // stays for 32 s: what such a flood gets leaves the greater part of their table to others.
    double requests_in_all = 20'000;
    double requests_in_all_forgotten = 2400;
    // New connections of one address: at once, and a second.
    double connections = 2000;
    double connections_forgotten = 250;
    // Wrong credentials from one address until it is banned; one is forgiven a second.
    double strikes = 20;
    Duration first_ban = std::chrono::minutes(1);
    Duration longest_ban = std::chrono::hours(24);
    // Beginnings of User-Agent: dropped in silence, and banned at the first sight.
    std::vector<std::string> scanners = {
        "friendly-scanner", "sipvicious", "sipcli", "sip-scan", "sipsak", "sundayddr",
        "VaxSIPUserAgent",  "iWar",       "SIVuS",  "smap",     "pplsip", "Gulp"};
    // Off: who has proven nothing is told of nothing he did wrong but how to prove himself, and that his call
    // fails.
    bool answer_junk = true;
    // Networks nobody outside can forge: sent whatever is due, like a proven endpoint. Their requests count
    // like everybody's.
    std::vector<IpPrefix> local;
    std::size_t addresses = 32'768;  // the size of each table; who was silent for longest makes room
};

}  // namespace rotunda::sip
