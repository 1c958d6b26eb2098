// PGM and PPM, binary. Source: Netpbm, pgm(5) and ppm(5).
#include <cctype>

#include "io/picture/decode.h"

namespace io {
namespace {

constexpr int kMostNumber = 1'000'000;  // beyond every bound of ours, far from overflow

class Header {
 public:
  Header(Bytes bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  /// The next number; blanks and comments before it are passed over.
  int number(const char* what) {
    while (at_ < bytes_.size() && (blank() || bytes_[at_] == '#')) skip();
    const std::size_t begin = at_;
    int value = 0;
    while (at_ < bytes_.size() && std::isdigit(bytes_[at_]) && value < kMostNumber) {
      value = 10 * value + (bytes_[at_++] - '0');
    }
    if (at_ == begin) refuse_damaged(name_, std::string("its header has no ") + what);
    return value;
  }

  /// Where the pixels begin: behind one blank.
  std::size_t end() {
    if (at_ >= bytes_.size() || !blank()) refuse_damaged(name_, "its header does not end");
    return at_ + 1;
  }

 private:
  bool blank() const { return std::isspace(bytes_[at_]) != 0; }
  void skip() {
    if (bytes_[at_] == '#') {
      while (at_ < bytes_.size() && bytes_[at_] != '\n' && bytes_[at_] != '\r') ++at_;
    } else {
      ++at_;
    }
  }

  Bytes bytes_;
  const std::string& name_;
  std::size_t at_ = 2;  // behind P5 or P6
};

}  // namespace

Decoded decode_pnm(const PictureSource& source) {
  Header header(source.bytes, source.name);
  const int width = header.number("width"), height = header.number("height"), most = header.number("greatest value");
  if (most < 1 || most > 65535) {
    refuse_damaged(source.name, "its greatest value is " + std::to_string(most) + "; 1 to 65535 are legal");
  }
  Decoded decoded{bounded_picture(source, width, height, source.bytes[1] == '5' ? 1 : 3), {}, {}};
  std::vector<std::uint8_t>& pixels = decoded.picture.pixels;
  const Bytes data = source.bytes.subspan(header.end());
  const std::size_t wide = most > 255 ? 2 : 1;
  if (data.size() / wide < pixels.size()) {
    refuse_damaged(source.name, "it is cut off: " + std::to_string(data.size()) + " bytes of pixels, " +
                                    std::to_string(pixels.size() * wide) + " expected");
  }
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const int value = wide == 2 ? data[2 * i] << 8 | data[2 * i + 1] : data[i];
    pixels[i] = static_cast<std::uint8_t>((std::min(value, most) * 255 + most / 2) / most);
  }
  return decoded;
}

}  // namespace io
