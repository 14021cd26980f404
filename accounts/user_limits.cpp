#include "accounts/user_limits.hpp"

namespace rotunda::accounts {
namespace {

constexpr Duration place_is_known = std::chrono::hours(24);
// A user who stays at one address is noted again this often.
constexpr Duration noted_every = std::chrono::minutes(10);

}  // namespace

bool UserLimits::may_try(const std::string& user, const IpAddress& from, TimePoint now) {
    User* known = users_.find(hash_(user));
    const double wrong = known ? known->wrong.at(now, forgiven_per_second) : 0;
    if (!guesses_around(from, now) && (wrong == 0 || (wrong < wrong_tries && !has_guessed(user, from, now))))
        return true;
    const TimePoint* until = places_.find(place(user, from));
    return until && now < *until;
}

bool UserLimits::has_guessed(const std::string& user, const IpAddress& from, TimePoint now) {
    LeakyBucket* here = guesses_.find(place(user, from));
    return here && here->at(now, forgiven_per_second) > wrong_tries_from_one_address - 1;
}

// However many users he tries, from however many ports, which a call may have proven.
bool UserLimits::guesses_around(const IpAddress& from, TimePoint now) {
    LeakyBucket* all = addresses_.find(subscriber_of(from));
    return all && all->at(now, forgiven_to_address_per_second) > wrong_tries_at_all_users - 1;
}

void UserLimits::on_wrong(const std::string& user, const IpAddress& from, TimePoint now) {
    addresses_[subscriber_of(from)].take(1, wrong_tries_at_all_users, forgiven_to_address_per_second, now);
    if (!guesses_[place(user, from)].take(1, wrong_tries_from_one_address, forgiven_per_second, now)) return;
    double& wrong = users_[hash_(user)].wrong.at(now, forgiven_per_second);
    if (wrong < wrong_tries) wrong += 1;
}

void UserLimits::on_right(const std::string& user, const IpAddress& from, TimePoint now) {
    User& known = users_[hash_(user)];
    const bool noted =
        known.place == from && known.place_noted != TimePoint{} && now < known.place_noted + noted_every;
    if (noted) return;
    known.place = from;
    known.place_noted = now;
    places_[place(user, from)] = now + place_is_known;
}

bool UserLimits::take_call(const std::string& user, TimePoint now) {
    return users_[hash_(user)].calls.take(1, settings_.open_calls, settings_.open_calls_forgotten, now);
}

void UserLimits::on_call_stands(const std::string& user) {
    if (User* known = users_.find(hash_(user))) known->calls.give_back(1);
}

bool UserLimits::take_request(const std::string& user, TimePoint now) {
    return users_[hash_(user)].requests.take(1, settings_.requests, settings_.requests_forgotten, now);
}

}  // namespace rotunda::accounts
