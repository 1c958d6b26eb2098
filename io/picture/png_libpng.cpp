// PNG through libpng. The library leaves by longjmp when it fails: every call into it stands in guarded(), in frames
// that own nothing; what owns memory belongs to PngDecoder and is prepared outside of them.
//
// Reading does not use the library's simplified interface: that one mixes up rows of interlaced pictures of 16 bits
// (pnggroup/libpng#853; seen in 1.6.39). Writing does; it catches its own jumps.
#include <png.h>

#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include "io/picture/decode.h"
#include "io/picture/format_png.h"
#include "io/picture/tagged_blocks.h"

namespace io {
namespace {

class PngDecoder {
 public:
  explicit PngDecoder(const PictureSource& source) : source_(source), rest_(source.bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, leave, note);
    if (png_ == nullptr) throw std::bad_alloc();
    if (!guarded([this] { info_ = png_create_info_struct(png_); }) || info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      throw std::bad_alloc();
    }
    png_set_read_fn(png_, this, give);
  }
  PngDecoder(const PngDecoder&) = delete;
  PngDecoder& operator=(const PngDecoder&) = delete;
  ~PngDecoder() { png_destroy_read_struct(&png_, &info_, nullptr); }

  Decoded decode() {
    if (!guarded([this] { png_read_info(png_, info_); })) fail();
    const int channels = ask_for_8_bits();
    Decoded decoded{
        bounded_picture(source_, png_get_image_width(png_, info_), png_get_image_height(png_, info_), channels),
        png_block(source_.bytes, "eXIf"),
        {}};
    read_rows(decoded.picture);
    lay_on_white(decoded.picture);
    if (oddities_ > 0) decoded.warnings.push_back(std::string("the PNG is odd: ") + first_oddity_.data());
    return decoded;
  }

 private:
  using Text = std::array<char, 128>;

  /// Runs calls of the library. @return false if it failed; its message is then in text_
  template <typename Step>
  bool guarded(Step step) {
    if (setjmp(jump_)) return false;
    step();
    return true;
  }

  static void copy(Text& to, const char* message) { (void)std::snprintf(to.data(), to.size(), "%s", message); }

  [[noreturn]] static void leave(png_structp png, png_const_charp message) {
    auto& self = *static_cast<PngDecoder*>(png_get_error_ptr(png));
    copy(self.text_, message);
    std::longjmp(self.jump_, 1);
  }

  static void note(png_structp png, png_const_charp message) {
    auto& self = *static_cast<PngDecoder*>(png_get_error_ptr(png));
    if (++self.oddities_ == 1) copy(self.first_oddity_, message);
  }

  static void give(png_structp png, png_bytep to, std::size_t count) {
    auto& self = *static_cast<PngDecoder*>(png_get_io_ptr(png));
    if (count > self.rest_.size()) png_error(png, "the file ends early");
    std::memcpy(to, self.rest_.data(), count);
    self.rest_ = self.rest_.subspan(count);
  }

  [[noreturn]] void fail() { refuse_damaged(source_.name, std::string("it is a damaged PNG: ") + text_.data()); }

  /// Sets up the conversion of whatever is stored. @return the channels that come out, 1 to 4
  int ask_for_8_bits() {
    const bool set = guarded([this] {
      png_set_expand(png_);    // palettes, less than 8 bits, colours that stand for transparency
      png_set_scale_16(png_);  // rounded
      double gamma = 0;
      if (png_get_gAMA(png_, info_, &gamma)) png_set_gamma(png_, PNG_DEFAULT_sRGB, gamma);
      passes_ = png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
    if (!set) fail();
    return png_get_channels(png_, info_);
  }

  void read_rows(engine::Picture& picture) {
    const std::size_t row = picture.pixels.size() / static_cast<std::size_t>(picture.height);
    const bool read = guarded([this, &picture, row] {
      for (int pass = 0; pass < passes_; ++pass) {
        std::uint8_t* out = picture.pixels.data();
        for (int y = 0; y < picture.height; ++y, out += row) png_read_row(png_, out, nullptr);
      }
    });
    if (!read) fail();
  }

  const PictureSource& source_;
  Bytes rest_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf jump_{};
  int passes_ = 1;
  int oddities_ = 0;
  Text text_{}, first_oddity_{};
};

}  // namespace

const PictureLibrary kPngLibrary{true, "libpng-dev"};

Decoded decode_png(const PictureSource& source) { return PngDecoder(source).decode(); }

bool can_write_png() noexcept { return true; }

std::vector<std::uint8_t> format_png(const engine::Picture& picture) {
  check_picture(picture, "format_png");
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = picture.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  // Packed once: into as much as the worst case takes.
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<std::uint8_t> bytes(size);
  if (!png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.pixels.data(), 0, nullptr)) {
    throw engine::Error({"write PNG", "", image.message, "write a smaller picture"});
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace io
