#include "media/pcm_fifo.hpp"

#include <algorithm>

namespace rotunda::media {

MutablePcm PcmFifo::space(std::size_t n) {
    if (n > data_.size() - end_ && begin_ > 0) {
        std::copy(data_.begin() + static_cast<std::ptrdiff_t>(begin_),
                  data_.begin() + static_cast<std::ptrdiff_t>(end_), data_.begin());
        end_ -= begin_;
        begin_ = 0;
    }
    return {data_.data() + end_, std::min(n, data_.size() - end_)};
}

}  // namespace rotunda::media
