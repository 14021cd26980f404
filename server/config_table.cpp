#include "server/config_table.hpp"

#include <array>

#include "server/config_values.hpp"

namespace rotunda::server {
namespace {

using namespace config_values;

template <typename Kind, typename Value>
bool differ(const Value& a, const Value& b) {
    if constexpr (requires { Kind::same_secrets(a, b); })
        if (!Kind::same_secrets(a, b)) return true;
    return Kind::print(a) != Kind::print(b);
}

// `Where` is a lambda without captures from a Config, const or not, to the member.
template <typename Kind, typename Where>
constexpr ConfigKey key(std::string_view name, std::string_view doc, Where) {
    return {name,
            Kind::type,
            doc,
            Kind::is_list,
            [](const ConfigNode& value, Config& config) { return Kind::read(value, Where{}(config)); },
            [](const Config& config) { return Kind::print(Where{}(config)); },
            [](const Config& from, Config& to) { Where{}(to) = Where{}(from); },
            [](const Config& a, const Config& b) { return differ<Kind>(Where{}(a), Where{}(b)); }};
}

// The same for a setting that takes effect at `rotunda reload`: see server/reload.hpp.
template <typename Kind, typename Where>
constexpr ConfigKey live(std::string_view name, std::string_view doc, Where where) {
    ConfigKey made = key<Kind>(name, doc, where);
    made.live = true;
    return made;
}

constexpr auto table = std::to_array<ConfigKey>({
    key<Listeners>(
        "sip.listen", "Where SIP is served. A built-in IPv6 listener is left out on a host without IPv6.",
        [](auto& c) -> auto& { return c.sip.listen; }),
    key<ExternalEndpoint>(
        "sip.external_address",
        "What Via and Contact say to peers outside sip.local_net: the public address of a NAT in front. "
        "Without a port, the port the peer reached.",
        [](auto& c) -> auto& { return c.sip.external_address; }),
    key<Names>(
        "sip.domains",
        "Domains we answer for: a caller who names one of them in From has to prove it, and their users "
        "register here. Empty: the address a peer dialled, as soon as there are users.",
        [](auto& c) -> auto& { return c.sip.domains; }),
    key<Networks>(
        "sip.local_net", "Peers in these networks are told the local address instead of an external one.",
        [](auto& c) -> auto& { return c.sip.local_net; }),
    key<Dscp>(
        "sip.dscp", "Differentiated services code point of SIP packets.",
        [](auto& c) -> auto& { return c.sip.dscp; }),
    key<Text>(
        "sip.user_agent", "The User-Agent header field of our requests; empty: none.",
        [](auto& c) -> auto& { return c.sip.user_agent; }),
    key<Switch>(
        "sip.server_header",
        "Whether responses say the same in Server. Off, since whoever scans the net learns product and "
        "version from it.",
        [](auto& c) -> auto& { return c.sip.server_header; }),
    key<SessionTime>(
        "sip.session_expires",
        "Session timer (RFC 4028) asked for, and the longest granted: a call that is not refreshed for so "
        "long is ended. 0s: no session timers.",
        [](auto& c) -> auto& { return c.sip.session_expires; }),
    key<SessionTime>(
        "sip.min_se",
        "A shorter session timer is refused with 422; 0s: the 90 s below which RFC 4028 knows none.",
        [](auto& c) -> auto& { return c.sip.min_se; }),
    key<Count<4'096, 65'535>>(
        "sip.message_size", "Octets of one SIP message; a longer one is refused with 513.",
        [](auto& c) -> auto& { return c.sip.message_size; }),
    key<Count<1, 1'000'000>>(
        "sip.tcp.connections",
        "TCP connections open at once; for one more the longest silent one goes whose peer has completed no "
        "call and shown no credentials.",
        [](auto& c) -> auto& { return c.sip.tcp.connections; }),
    key<Count<1, 1'000'000>>(
        "sip.tcp.connections_per_peer",
        "TCP connections open at once from one address; half of sip.tcp.connections from a trunk's.",
        [](auto& c) -> auto& { return c.sip.tcp.connections_per_peer; }),
    key<Time>(
        "sip.tcp.idle_timeout", "A TCP connection on which nothing moves for so long is closed.",
        [](auto& c) -> auto& { return c.sip.tcp.idle_timeout; }),
    key<Time>(
        "sip.tcp.message_timeout",
        "From a message's first octet to its last; a connection that takes longer is closed.",
        [](auto& c) -> auto& { return c.sip.tcp.message_timeout; }),
    key<Count<65'536, 100'000'000>>(
        "sip.tcp.pending_per_peer",
        "Octets kept for a connection whose peer does not read; one more and it is closed.",
        [](auto& c) -> auto& { return c.sip.tcp.pending_per_peer; }),
    live<Files>(
        "sip.tls.certificate",
        "PEM files with our certificates, each followed by its chain; the client's SNI chooses, else the "
        "first serves. Read again when they change. None: one is made at start that nobody can verify.",
        [](auto& c) -> auto& { return c.sip.tls.certificate; }),
    live<Files>(
        "sip.tls.private_key", "PEM files with the keys of sip.tls.certificate, in the same order.",
        [](auto& c) -> auto& { return c.sip.tls.private_key; }),
    live<File>(
        "sip.tls.ca", "PEM file of the authorities that peers are verified with; empty: the system's.",
        [](auto& c) -> auto& { return c.sip.tls.ca; }),
    live<TlsClientCheckName>(
        "sip.tls.verify_client",
        "Whether clients are asked for a certificate, and whether they must have one.",
        [](auto& c) -> auto& { return c.sip.tls.verify_client; }),
    live<Origins>(
        "sip.websocket.origins",
        "Web pages that may open a WebSocket here, such as https://meet.example.com; none: any.",
        [](auto& c) -> auto& { return c.sip.web_socket_origins; }),
    key<NameServers>(
        "sip.dns_servers",
        "Who is asked for the SRV, NAPTR and address records of SIP domains; none: the system's.",
        [](auto& c) -> auto& { return c.sip.dns_servers; }),
    key<ExternalAddress>(
        "media.external_address",
        "What SDP says to peers outside sip.local_net; empty: the address of sip.external_address.",
        [](auto& c) -> auto& { return c.media.external_address; }),
    key<Ports>(
        "media.ports", "UDP ports for media; every call takes two, and two more while it has video.",
        [](auto& c) -> auto& { return c.media.ports; }),
    key<Dscp>(
        "media.dscp.audio", "Differentiated services code point of audio packets.",
        [](auto& c) -> auto& { return c.media.dscp_audio; }),
    key<Dscp>(
        "media.dscp.video", "Differentiated services code point of video packets.",
        [](auto& c) -> auto& { return c.media.dscp_video; }),
    live<Time>(
        "media.silence_timeout",
        "A call without RTP and RTCP for so long is asked whether it lives (OPTIONS), and ended if not.",
        [](auto& c) -> auto& { return c.media.silence_timeout; }),
    live<EncryptionName>(
        "media.encryption",
        "SRTP: never, with whoever offers it (also in RTP/AVP: RFC 8643), or with everybody; then keys in "
        "SDP (SDES) count only over TLS or WSS, and a call without is answered 488.",
        [](auto& c) -> auto& { return c.media.encryption; }),
    key<File>(
        "media.dtls.certificate",
        "PEM file with our certificate for DTLS-SRTP; empty: one is made at start, which is as good, since "
        "peers know it by its fingerprint in SDP.",
        [](auto& c) -> auto& { return c.media.dtls_certificate; }),
    key<File>(
        "media.dtls.private_key", "PEM file with the key of media.dtls.certificate.",
        [](auto& c) -> auto& { return c.media.dtls_private_key; }),
    key<Switch>(
        "media.ice", "ICE-lite with peers that offer ICE on encrypted media, as browsers do.",
        [](auto& c) -> auto& { return c.media.ice; }),
    key<Count<0, 1024>>(
        "media.workers", "Media threads; 0: one for each core.",
        [](auto& c) -> auto& { return c.media.workers; }),
    live<Count<0, 1'000'000>>(
        "media.room_shard_size",
        "Callers of one room on one media thread; a room that outgrows it is spread over further threads, "
        "where there are some. 0: a room is never spread.",
        [](auto& c) -> auto& { return c.media.room_shard_size; }),
    live<Codecs>(
        "audio.codecs", "What is offered and accepted.", [](auto& c) -> auto& { return c.audio_codecs; }),
    key<Switch>(
        "video.enabled", "Whether calls may have video beside their sound.",
        [](auto& c) -> auto& { return c.video.enabled; }),
    key<Switch>(
        "video.dial_out",
        "Whether calls we make offer video, which makes their INVITE too large for one UDP packet. Without, "
        "who is called may still add it.",
        [](auto& c) -> auto& { return c.video.dial_out; }),
    key<OfferName>(
        "video.offer",
        "When who calls with sound alone is offered video in his call, once: shown is as soon as somebody in "
        "his room has video, always at once. Never through a trunk.",
        [](auto& c) -> auto& { return c.video.offer; }),
    key<VideoCodecs>(
        "video.codecs", "What is offered and accepted.", [](auto& c) -> auto& { return c.video.codecs; }),
    key<ViewName>(
        "video.view",
        "Who sees whom: shared is one picture of everyone for all, personal shows nobody himself and costs "
        "an encode for each who watches, auto is personal for up to video.most_personal and shared above.",
        [](auto& c) -> auto& { return c.video.view; }),
    key<Count<1, 25>>(
        "video.most_personal", "Up to so many with video have a view of their own where video.view is auto.",
        [](auto& c) -> auto& { return c.video.most_personal; }),
    key<LayoutName>(
        "video.layout", "How the people in the picture are laid out.",
        [](auto& c) -> auto& { return c.video.layout; }),
    key<FitName>(
        "video.fit", "Pictures of another shape than their seat: with bars, or cut to fill it.",
        [](auto& c) -> auto& { return c.video.fit; }),
    key<Count<90, 1080>>(
        "video.height", "Lines of the largest picture we send; receivers may ask for less.",
        [](auto& c) -> auto& { return c.video.height; }),
    key<Count<1, 30>>(
        "video.frame_rate", "Pictures a second.", [](auto& c) -> auto& { return c.video.frame_rate; }),
    key<Count<64'000, 100'000'000>>(
        "video.bit_rate", "Bits a second we ask each sender not to exceed (b= in SDP).",
        [](auto& c) -> auto& { return c.video.bit_rate; }),
    key<Colour>(
        "video.background", "Where nobody is.", [](auto& c) -> auto& { return c.video.background; }),
    key<Switch>(
        "video.labels", "Whether names and marks are painted into the pictures.",
        [](auto& c) -> auto& { return c.video.labels; }),
    key<Colour>(
        "video.label_text", "Names, and the first letters of who has no picture.",
        [](auto& c) -> auto& { return c.video.label_text; }),
    key<Colour>(
        "video.label_box", "Behind names and marks, through which the picture is seen a little.",
        [](auto& c) -> auto& { return c.video.label_box; }),
    key<Colour>(
        "video.marks", "The marks of who is muted, on hold or without video.",
        [](auto& c) -> auto& { return c.video.marks; }),
    key<Colour>(
        "video.monogram", "The disc with the first letters of who has no picture.",
        [](auto& c) -> auto& { return c.video.monogram; }),
    key<Colour>(
        "video.monogram_background", "Around that disc.",
        [](auto& c) -> auto& { return c.video.monogram_background; }),
    key<Switch>(
        "video.audio_only", "Whether who has no video has a seat too, with the first letters of his name.",
        [](auto& c) -> auto& { return c.video.audio_only; }),
    key<PresetName>(
        "video.h264_preset", "x264's preset: the faster, the less CPU time and the worse the picture.",
        [](auto& c) -> auto& { return c.video.h264_preset; }),
    key<PresetName>(
        "video.h264_preset_personal",
        "The same for personal views, each of which costs an encode of its own.",
        [](auto& c) -> auto& { return c.video.h264_preset_personal; }),
    key<Count<0, 1024>>(
        "video.threads", "Threads for video, below sound in priority; 0: one for each core.",
        [](auto& c) -> auto& { return c.video.threads; }),
    live<RoomPattern>(
        "rooms.on_demand",
        "A user part that matches as a whole is a room as soon as somebody dials it. RE2's syntax: [a-z] \\d "
        ". ( ) | * + ? {m,n} ...",
        [](auto& c) -> auto& { return c.rooms.on_demand; }),
    live<RoomList>(
        "rooms.list", "Rooms that can be dialled whatever rooms.on_demand says.",
        [](auto& c) -> auto& { return c.rooms.list; }),
    live<Text>(
        "rooms.factory",
        "The user part that opens a new room for each who dials it (RFC 4579); the call moves to the new "
        "room's URI. Empty: none.",
        [](auto& c) -> auto& { return c.rooms.factory; }),
    key<Time>(
        "rooms.roster_interval",
        "Least time between two NOTIFYs to one subscriber of a room's roster (RFC 4575); what happens "
        "meanwhile is told together.",
        [](auto& c) -> auto& { return c.rooms.roster_interval; }),
    live<Switch>(
        "rooms.roster_talking",
        "Whether the roster says who talks, in an extension of ours and no oftener than "
        "rooms.roster_interval, and the events (call.talking), at most twice a second of each.",
        [](auto& c) -> auto& { return c.rooms.roster_talking; }),
    live<Count<1, 1'000'000>>(
        "rooms.max", "Rooms open at once; the next one is answered 503.",
        [](auto& c) -> auto& { return c.rooms.max; }),
    live<Count<1, 1'000'000>>(
        "rooms.max_participants", "Callers in one room; the next one is answered 486.",
        [](auto& c) -> auto& { return c.rooms.max_participants; }),
    live<Count<1, 1000>>(
        "rooms.max_talkers", "How many of the loudest are heard at once.",
        [](auto& c) -> auto& { return c.rooms.max_talkers; }),
    live<Switch>(
        "rooms.alone_prompt", "Whether the first caller hears that he is alone.",
        [](auto& c) -> auto& { return c.rooms.alone_prompt; }),
    live<Switch>(
        "rooms.active_speaker",
        "Whether the events tell whom a room listens to (call.speaker), with some hysteresis.",
        [](auto& c) -> auto& { return c.rooms.active_speaker; }),
    live<Switch>(
        "rooms.automatic_gain",
        "Whether quiet and loud talkers are brought to one loudness: slowly, and by at most 12 dB.",
        [](auto& c) -> auto& { return c.rooms.automatic_gain; }),
    live<Switch>(
        "rooms.noise_suppression",
        "Whether steady noise is taken off who is heard, by about 12 dB: adds 6 ms of delay (7 from "
        "Opus) and 60 kB for each who has been heard.",
        [](auto& c) -> auto& { return c.rooms.noise_suppression; }),
    live<Switch>(
        "rooms.follow_talkers",
        "Whether the moment at which a room is mixed moves to where its talkers wait less: saves some "
        "milliseconds of delay.",
        [](auto& c) -> auto& { return c.rooms.follow_talkers; }),
    live<Count<40, 127>>(
        "rooms.comfort_noise",
        "While nobody speaks, noise is heard so many dB below overload; 127: dead silence.",
        [](auto& c) -> auto& { return c.rooms.comfort_noise; }),
    live<AccessName>(
        "auth.policy",
        "Who may call, where neither listener nor room says otherwise: anyone; anyone from auth.local_net, "
        "and from elsewhere users with credentials and trunks (local); users and trunks (authenticated); or "
        "trunks alone.",
        [](auto& c) -> auto& { return c.auth.policy; }),
    live<Networks>(
        "auth.local_net",
        "Where callers come from who need no credentials while auth.policy is local. Empty where everybody "
        "looks private, as behind a bridge of containers.",
        [](auto& c) -> auto& { return c.auth.local_net; }),
    live<ListenerPolicies>(
        "auth.listeners",
        "For single listeners: policy, the networks that may reach it (allow) or may not (deny), and "
        "encryption as media.encryption.",
        [](auto& c) -> auto& { return c.auth.listeners; }),
    live<TrustedPeers>(
        "auth.trusted",
        "Peers who are known by their address or the certificate they show, need no credentials, and whose "
        "P-Asserted-Identity is believed.",
        [](auto& c) -> auto& { return c.auth.trusted; }),
    key<Text>(
        "auth.realm",
        "The realm of digest authentication; empty: the first of sip.domains, or \"sip\". Passwords of "
        "stored users are hashed with it: with another realm they have to be set again.",
        [](auto& c) -> auto& { return c.auth.realm; }),
    live<Algorithms>(
        "auth.algorithms", "What is offered in a challenge; nothing else is accepted.",
        [](auto& c) -> auto& { return c.auth.algorithms; }),
    live<Texts>(
        "auth.md5_only",
        "Phones whose User-Agent begins so are offered MD5 alone (if at all): they give up on anything "
        "else, even beside it.",
        [](auto& c) -> auto& { return c.auth.md5_only; }),
    key<Time>(
        "auth.nonce_lifetime", "How long credentials made for one challenge can be used.",
        [](auto& c) -> auto& { return c.auth.nonce_lifetime; }),
    key<Count<1, 1'000'000'000>>(
        "auth.nonce_uses", "How many requests credentials made for one challenge can be used for.",
        [](auto& c) -> auto& { return c.auth.nonce_uses; }),
    key<Switch>(
        "flood.protection",
        "Limits on what does not complete (calls nobody acknowledges, wrong credentials), bans, scanners "
        "dropped, and no more than three times the bytes to UDP addresses nobody has proven.",
        [](auto& c) -> auto& { return c.flood.enabled; }),
    key<Real>(
        "flood.open_calls",
        "Calls one address, or one user, may have open and not acknowledged; 20 are forgotten a second.",
        [](auto& c) -> auto& { return c.flood.open_calls; }),
    key<Real>(
        "flood.open_calls_in_all",
        "The same of all addresses together that have proven nothing, over UDP; 50 are forgotten a second.",
        [](auto& c) -> auto& { return c.flood.open_calls_in_all; }),
    key<Real>(
        "flood.requests",
        "Requests other than INVITE one address may have open that did not complete, and one user may make "
        "outside calls; 200 are forgotten a second.",
        [](auto& c) -> auto& { return c.flood.requests; }),
    key<Real>(
        "flood.requests_in_all",
        "The same of all addresses together that have proven nothing, over UDP; 2400 are forgotten a second.",
        [](auto& c) -> auto& { return c.flood.requests_in_all; }),
    key<Real>(
        "flood.connections", "New connections of one address at once; 250 are forgotten a second.",
        [](auto& c) -> auto& { return c.flood.connections; }),
    key<Real>(
        "flood.strikes", "Wrong credentials from one address until it is banned; one is forgiven a second.",
        [](auto& c) -> auto& { return c.flood.strikes; }),
    key<Time>(
        "flood.first_ban", "How long the first ban of an address lasts; each further one twice as long.",
        [](auto& c) -> auto& { return c.flood.first_ban; }),
    key<Time>(
        "flood.longest_ban", "No ban lasts longer.", [](auto& c) -> auto& { return c.flood.longest_ban; }),
    key<Texts>(
        "flood.scanners", "Whose User-Agent begins so is dropped in silence and banned.",
        [](auto& c) -> auto& { return c.flood.scanners; }),
    key<Switch>(
        "flood.answer_junk",
        "Off: who has proven nothing gets no answer to what is broken, belongs to no call, or is neither "
        "a call, a registration nor a bare OPTIONS, but silence.",
        [](auto& c) -> auto& { return c.flood.answer_junk; }),
    live<Users>(
        "users", "Users, beside those of the database (rotunda user add).",
        [](auto& c) -> auto& { return c.users; }),
    live<Time>(
        "registrar.min_expires", "A shorter registration is refused (423).",
        [](auto& c) -> auto& { return c.registrar.min_expires; }),
    live<Time>(
        "registrar.max_expires", "A longer registration is cut to this.",
        [](auto& c) -> auto& { return c.registrar.max_expires; }),
    live<Count<1, 100>>(
        "registrar.max_contacts", "Phones one user may register.",
        [](auto& c) -> auto& { return c.registrar.max_contacts; }),
    key<Text>(
        "database.path",
        "SQLite file of users and registered contacts, made when there is something to keep; empty: none.",
        [](auto& c) -> auto& { return c.database_path; }),
    live<Count<1, 1'000'000>>(
        "calls.max", "Calls at once; the next one is answered 503.",
        [](auto& c) -> auto& { return c.calls_max; }),
    live<Time>(
        "calls.ring_limit", "A call to somebody who does not answer is given up after so long.",
        [](auto& c) -> auto& { return c.ring_limit; }),
    live<AccessName>(
        "refer.access",
        "Who may have a room call somebody by REFER: anyone in it, who has proved to be a user (or is a "
        "trunk), or trunks alone.",
        [](auto& c) -> auto& { return c.refer.access; }),
    live<AccessName>(
        "refer.trunks", "For whom of these numbers are called through trunks too.",
        [](auto& c) -> auto& { return c.refer.trunks; }),
    live<Count<1, 1'000'000>>(
        "refer.max_dials",
        "Calls under way at once that one user, or one address, has asked for by REFER; trunks are not "
        "counted.",
        [](auto& c) -> auto& { return c.refer.max_dials; }),
    live<TrunkList>(
        "trunks", "Carriers and PBXs: how numbers are called through them, and which of theirs are rooms.",
        [](auto& c) -> auto& { return c.trunks; }),
    live<Callers>(
        "tolls.callers",
        "What single users, or all others (*), may call through trunks, when, and how often. Those who are "
        "no users are counted by their addresses.",
        [](auto& c) -> auto& { return c.callers; }),
    live<Time>(
        "drain.deadline", "After SIGTERM, running calls may go on for so long.",
        [](auto& c) -> auto& { return c.drain_deadline; }),
    live<SipAddress>(
        "drain.redirect",
        "Another server, to which new calls are sent (302) while this one drains; empty: they get 503 with "
        "Retry-After.",
        [](auto& c) -> auto& { return c.drain_redirect; }),
    key<HttpListen>(
        "http.listen",
        "Where health, metrics and the HTTP API are served. Beyond loopback the API needs http.tokens.",
        [](auto& c) -> auto& { return c.http; }),
    live<HttpTokens>(
        "http.tokens",
        "Who may use the HTTP API; without any, this host may, if http.listen is a loopback address.",
        [](auto& c) -> auto& { return c.http.tokens; }),
    live<Webhooks>(
        "webhooks",
        "Programs that are told of events by HTTP POST, signed with their secret; events: beginnings of "
        "names such as call. or room.opened, none: all. See operation.md.",
        [](auto& c) -> auto& { return c.webhooks; }),
    key<File>(
        "cdr.file", "File to which a line of JSON is added for each call that has ended; empty: none.",
        [](auto& c) -> auto& { return c.cdr.file; }),
    key<File>(
        "cdr.database", "SQLite file with the same, in the table call; empty: none.",
        [](auto& c) -> auto& { return c.cdr.database; }),
    key<Count<0, 36500>>(
        "cdr.retention_days", "Records in cdr.database are removed after so many days; 0: never.",
        [](auto& c) -> auto& { return c.cdr.retention_days; }),
    key<Collector>(
        "hep.collector",
        "A capture server (HOMER) that is sent every SIP message, by HEP version 3 over UDP.",
        [](auto& c) -> auto& { return c.hep.collector; }),
    key<Count<1, 4'294'967'295>>(
        "hep.capture_id", "What this server is to the capture server.",
        [](auto& c) -> auto& { return c.hep.capture_id; }),
    key<LogFormatName>(
        "log.format", "One line per event, for people or for machines.",
        [](auto& c) -> auto& { return c.log.format; }),
    live<LogLevelName>(
        "log.level", "Events below this level are not written.",
        [](auto& c) -> auto& { return c.log.level; }),
});

}  // namespace

std::span<const ConfigKey> config_keys() {
    return table;
}

const ConfigKey* find_config_key(std::string_view name) {
    for (const ConfigKey& entry : table)
        if (entry.name == name) return &entry;
    return nullptr;
}

std::string environment_name(std::string_view key) {
    std::string name = "ROTUNDA_";
    for (const char c : key)
        name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return name;
}

}  // namespace rotunda::server
