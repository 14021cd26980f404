#include "accounts/user_limits.hpp"

namespace rotunda::accounts {
namespace {

constexpr Duration place_is_known = std::chrono::hours(24);

}  // namespace

bool UserLimits::may_try(const std::string& user, const IpAddress& from, TimePoint now) {
    User* known = users_.find(user);
    if (!known || known->wrong.at(now, forgiven_per_second) < wrong_tries) return true;
    const TimePoint* until = places_.find(place(user, from));
    return until && now < *until;
}

void UserLimits::on_wrong(const std::string& user, TimePoint now) {
    double& wrong = users_[user].wrong.at(now, forgiven_per_second);
    if (wrong < wrong_tries) wrong += 1;
}

void UserLimits::on_right(const std::string& user, const IpAddress& from, TimePoint now) {
    places_[place(user, from)] = now + place_is_known;
}

bool UserLimits::take_call(const std::string& user, TimePoint now) {
    return users_[user].calls.take(1, settings_.open_calls, settings_.open_calls_forgotten, now);
}

void UserLimits::on_call_stands(const std::string& user) {
    if (User* known = users_.find(user)) known->calls.give_back(1);
}

bool UserLimits::take_request(const std::string& user, TimePoint now) {
    return users_[user].requests.take(1, settings_.requests, settings_.requests_forgotten, now);
}

}  // namespace rotunda::accounts
