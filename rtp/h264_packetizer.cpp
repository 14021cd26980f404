#include <algorithm>
#include <array>

#include "rtp/h264_nal.hpp"
#include "rtp/video_packetizer.hpp"

namespace rotunda::rtp {
namespace {

constexpr std::size_t length_size = 2;
constexpr std::size_t fu_header_size = 2;

// NAL units waiting to share one STAP-A (RFC 6184 §5.7.1).
class Aggregate {
  public:
    Aggregate(std::size_t max_payload, PayloadList& out) : max_payload_(max_payload), out_(out) {}

    void add(Bytes nal) {
        if (count_ == units_.size() || size_ + length_size + nal.size() > max_payload_) flush();
        units_[count_++] = nal;
        size_ += length_size + nal.size();
    }

    void flush() {
        if (count_ == 1) out_.add(units_[0]);
        if (count_ > 1) write();
        count_ = 0;
        size_ = 1;
    }

  private:
    void write() {
        // NRI: the greatest of those inside.
        std::uint8_t header = static_cast<std::uint8_t>(NalType::stap_a);
        for (std::size_t i = 0; i < count_; ++i) {
            const auto nri = static_cast<std::uint8_t>(units_[i][0] & nal_reference_mask);
            header = static_cast<std::uint8_t>(std::max<int>(header & nal_reference_mask, nri) |
                                               (header & nal_type_mask));
        }
        packet_.assign(1, header);
        for (std::size_t i = 0; i < count_; ++i) {
            packet_.push_back(static_cast<std::uint8_t>(units_[i].size() >> 8));
            packet_.push_back(static_cast<std::uint8_t>(units_[i].size()));
            packet_.insert(packet_.end(), units_[i].begin(), units_[i].end());
        }
        out_.add(packet_);
    }

    std::size_t max_payload_;
    PayloadList& out_;
    std::array<Bytes, 16> units_;
    std::size_t count_ = 0;
    std::size_t size_ = 1;
    std::vector<std::uint8_t> packet_;
};

// RFC 6184 §5.8; pieces of about equal size.
void fragment(Bytes nal, std::size_t max_payload, PayloadList& out) {
    const auto indicator =
        static_cast<std::uint8_t>((nal[0] & ~nal_type_mask) | static_cast<std::uint8_t>(NalType::fu_a));
    const auto type = static_cast<std::uint8_t>(nal[0] & nal_type_mask);
    Bytes rest = nal.subspan(1);
    std::size_t pieces = (rest.size() + max_payload - fu_header_size - 1) / (max_payload - fu_header_size);
    for (std::uint8_t start = 0x80; pieces > 0; --pieces, start = 0) {
        const Bytes piece = rest.first((rest.size() + pieces - 1) / pieces);
        rest = rest.subspan(piece.size());
        const std::uint8_t end = rest.empty() ? 0x40 : 0;
        const std::array<std::uint8_t, fu_header_size> header = {
            indicator, static_cast<std::uint8_t>(start | end | type)};
        out.add(header, piece);
    }
}

}  // namespace

void packetize_h264(Bytes access_unit, PacketizationMode mode, std::size_t max_payload, PayloadList& out) {
    Aggregate aggregate(max_payload, out);
    AnnexBReader reader(access_unit);
    while (const auto nal = reader.next()) {
        if (nal->size() > max_payload) {
            // x264 introduces itself in an SEI of 700 octets, which nobody needs.
            if (mode == PacketizationMode::single_nal && !is_slice(nal_type((*nal)[0]))) continue;
            aggregate.flush();
            fragment(*nal, max_payload, out);
        } else if (mode == PacketizationMode::single_nal) {
            out.add(*nal);
        } else {
            aggregate.add(*nal);
        }
    }
    aggregate.flush();
}

}  // namespace rotunda::rtp
