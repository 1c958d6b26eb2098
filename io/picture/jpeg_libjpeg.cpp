// JPEG through libjpeg-turbo. The library leaves by longjmp when it fails: every call into it stands in guarded(), in
// frames that own nothing; what owns memory belongs to JpegDecoder and is prepared outside of them.

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>
#include <string_view>

#include "io/picture/decode.h"
#include "io/picture/libjpeg.h"

namespace io {
namespace {

/// Scans read of one file. Encoders write up to about 15; each costs a walk over the whole picture, however few bytes
/// it has, so that a file of kilobytes could otherwise keep a processor busy for minutes.
constexpr int kMaxScans = 64;
/// What the library may allocate: the coefficients of 40 megapixels in four components are 320 MB.
constexpr long kMaxMemory = 512L << 20;
/// Of rows, in brightness: less of a picture that ends early is not worth a reading.
constexpr double kLeastPart = 0.75;
constexpr std::string_view kExifHeader{"Exif\0\0", 6};

class JpegDecoder {
 public:
  explicit JpegDecoder(const PictureSource& source) : source_(source) {
    cinfo_.err = jpeg_std_error(&errors_);
    errors_.error_exit = leave;
    errors_.emit_message = note;
    cinfo_.client_data = this;
    if (!guarded([this] { jpeg_create_decompress(&cinfo_); })) fail();
    cinfo_.mem->max_memory_to_use = kMaxMemory;
    reader_.init_source = [](j_decompress_ptr) {};
    reader_.fill_input_buffer = end_of_bytes;
    reader_.skip_input_data = skip;
    reader_.resync_to_restart = jpeg_resync_to_restart;
    reader_.term_source = [](j_decompress_ptr) {};
    reader_.next_input_byte = source.bytes.data();
    reader_.bytes_in_buffer = source.bytes.size();
    cinfo_.src = &reader_;
  }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;
  ~JpegDecoder() { jpeg_destroy_decompress(&cinfo_); }

  Decoded decode() {
    read_header();
    Decoded decoded{bounded_picture(source_, cinfo_.image_width, cinfo_.image_height, channels()), exif(), {}};
    row_.resize(std::size_t{cinfo_.image_width} * 4);
    if (jpeg_has_multiple_scans(&cinfo_)) {
      read_scans();
    } else if (!guarded([this] { jpeg_start_decompress(&cinfo_); })) {
      fail();
    }
    read_rows(decoded.picture);
    add_warnings(decoded.warnings);
    return decoded;
  }

 private:
  static JpegDecoder& of(j_common_ptr cinfo) { return *static_cast<JpegDecoder*>(cinfo->client_data); }
  static JpegDecoder& of(j_decompress_ptr cinfo) { return *static_cast<JpegDecoder*>(cinfo->client_data); }

  /// Runs calls of the library. @return false if it failed; its message is then in text_
  template <typename Step>
  bool guarded(Step step) {
    if (setjmp(jump_)) return false;
    step();
    return true;
  }

  [[noreturn]] static void leave(j_common_ptr cinfo) {
    JpegDecoder& self = of(cinfo);
    cinfo->err->format_message(cinfo, self.text_.data());
    std::longjmp(self.jump_, 1);
  }

  /// Warnings have level -1; the rest is tracing.
  static void note(j_common_ptr cinfo, int level) {
    if (level >= 0) return;
    JpegDecoder& self = of(cinfo);
    if (cinfo->err->msg_code == JWRN_HIT_MARKER && !self.at_restart()) self.scan_ends_here();
    // What follows from a missing end is told as that.
    if (self.ended_ || self.scan_reached_ < 1 || ++self.oddities_ > 1) return;
    cinfo->err->format_message(cinfo, self.first_oddity_.data());
  }

  /// The bytes are at their end: the library gets the marker that closes a file, as often as it asks.
  static boolean end_of_bytes(j_decompress_ptr cinfo) {
    static constexpr std::array<JOCTET, 2> kEnd = {0xFF, JPEG_EOI};
    JpegDecoder& self = of(cinfo);
    self.ended_ = true;
    self.scan_ends_here();
    cinfo->src->next_input_byte = kEnd.data();
    cinfo->src->bytes_in_buffer = kEnd.size();
    return TRUE;
  }

  /// A marker that only divides a scan: after damage it goes on there.
  bool at_restart() const { return cinfo_.unread_marker >= JPEG_RST0 && cinfo_.unread_marker <= JPEG_RST0 + 7; }

  void scan_ends_here() {
    const double rows = cinfo_.total_iMCU_rows;  // of blocks; 0 while headers are read
    scan_reached_ = std::min(scan_reached_, rows > 0 ? cinfo_.input_iMCU_row / rows : 0);
  }

  static void skip(j_decompress_ptr cinfo, long count) {
    if (count <= 0) return;
    jpeg_source_mgr& reader = *cinfo->src;
    if (static_cast<std::size_t>(count) > reader.bytes_in_buffer) {
      end_of_bytes(cinfo);
      return;
    }
    reader.next_input_byte += count;
    reader.bytes_in_buffer -= static_cast<std::size_t>(count);
  }

  [[noreturn]] void fail() {
    if (ended_) fail_short();
    refuse_damaged(source_.name, std::string("it is a damaged JPEG: ") + text_.data());
  }

  [[noreturn]] void fail_short() {
    refuse_damaged(source_.name, "it is a JPEG cut off after " + std::to_string(source_.bytes.size()) +
                                     " bytes, before three quarters of the picture");
  }

  void read_header() {
    const bool read = guarded([this] {
      jpeg_save_markers(&cinfo_, JPEG_APP0 + 1, 0xFFFF);  // EXIF
      jpeg_read_header(&cinfo_, TRUE);
    });
    if (!read) fail();
    switch (cinfo_.num_components) {
      case 1:
        cinfo_.out_color_space = JCS_GRAYSCALE;
        return;
      case 3:
        cinfo_.out_color_space = JCS_RGB;
        return;
      case 4:
        cinfo_.out_color_space = JCS_CMYK;
        return;
      default:
        refuse_damaged(source_.name, "it is a JPEG of " + std::to_string(cinfo_.num_components) +
                                         " colour components; 1, 3 and 4 are read");
    }
  }

  int channels() const { return cinfo_.num_components == 1 ? 1 : 3; }

  std::vector<std::uint8_t> exif() const {
    for (jpeg_saved_marker_ptr m = cinfo_.marker_list; m != nullptr; m = m->next) {
      const Bytes data(m->data, m->data_length);
      if (data.size() <= kExifHeader.size()) continue;
      if (std::memcmp(data.data(), kExifHeader.data(), kExifHeader.size()) != 0) continue;
      return {data.begin() + kExifHeader.size(), data.end()};
    }
    return {};
  }

  /// Whether the scan that was read carries brightness: in a progressive file, its detail.
  bool carries_detail() const {
    const auto last = cinfo_.cur_comp_info + cinfo_.comps_in_scan;
    const bool bright = std::any_of(cinfo_.cur_comp_info, last, [](const auto* c) { return c->component_index == 0; });
    return bright && (!cinfo_.progressive_mode || cinfo_.Ss > 0);
  }

  /// Takes in all scans, then begins the output of what they say together.
  void read_scans() {
    cinfo_.buffered_image = TRUE;
    if (!guarded([this] { jpeg_start_decompress(&cinfo_); })) fail();
    double reached = 0;
    int scans = 0;
    for (int status = JPEG_SUSPENDED; status != JPEG_REACHED_EOI;) {
      if (!guarded([this, &status] { status = jpeg_consume_input(&cinfo_); })) fail();
      if (status != JPEG_SCAN_COMPLETED) continue;
      if (carries_detail()) reached = std::max(reached, scan_reached_);
      scan_reached_ = 1;
      if (++scans > kMaxScans) {
        refuse_picture(source_.name,
                       "it is a JPEG of more than " + std::to_string(kMaxScans) + " scans, more than any camera writes",
                       "save it anew with a picture program");
      }
    }
    scan_reached_ = reached;
    if (!guarded([this] { jpeg_start_output(&cinfo_, cinfo_.input_scan_number); })) fail();
  }

  void read_rows(engine::Picture& picture) {
    const std::size_t row_bytes = std::size_t{cinfo_.image_width} * static_cast<std::size_t>(picture.channels);
    const bool cmyk = cinfo_.num_components == 4;
    std::uint8_t* out = picture.pixels.data();
    while (cinfo_.output_scanline < cinfo_.output_height) {
      JSAMPROW row = cmyk ? row_.data() : out;
      if (!guarded([this, &row] { jpeg_read_scanlines(&cinfo_, &row, 1); })) fail();
      if (scan_reached_ < kLeastPart) fail_short();
      if (cmyk) multiply_out(out);
      out += row_bytes;
    }
  }

  /// Red, green and blue of a row of inks; Adobe stores what they leave, everybody else what they take.
  void multiply_out(std::uint8_t* rgb) const {
    const std::uint8_t* inks = row_.data();
    const int flip = cinfo_.saw_Adobe_marker ? 0 : 255;
    for (JDIMENSION x = 0; x < cinfo_.image_width; ++x, inks += 4) {
      for (int k = 0; k < 3; ++k) *rgb++ = static_cast<std::uint8_t>(((inks[k] ^ flip) * (inks[3] ^ flip) + 127) / 255);
    }
  }

  void add_warnings(std::vector<std::string>& warnings) const {
    if (oddities_ > 0) {
      warnings.push_back(std::string("it is a damaged JPEG: ") + first_oddity_.data() +
                         (oddities_ > 1 ? ", and " + std::to_string(oddities_ - 1) + " more of the kind" : ""));
    }
    if (!ended_ && scan_reached_ == 1) return;
    const int missing = static_cast<int>(100 * (1 - scan_reached_) + 0.5);
    warnings.push_back("the JPEG ends early, after " + std::to_string(source_.bytes.size()) + " bytes: " +
                       (missing > 0 ? "the last " + std::to_string(missing) + " % of its rows may be missing"
                                    : "its finest detail may be missing"));
  }

  const PictureSource& source_;
  jpeg_decompress_struct cinfo_{};
  jpeg_error_mgr errors_{};
  jpeg_source_mgr reader_{};
  std::jmp_buf jump_{};
  std::array<char, JMSG_LENGTH_MAX> text_{}, first_oddity_{};
  int oddities_ = 0;
  bool ended_ = false;       ///< the bytes were at their end before the picture
  double scan_reached_ = 1;  ///< part of the rows that the scan reached; at the end, that the best one with detail did
  std::vector<JSAMPLE> row_;
};

}  // namespace

const PictureLibrary kJpegLibrary{true, "libjpeg-dev"};

Decoded decode_jpeg(const PictureSource& source) { return JpegDecoder(source).decode(); }

}  // namespace io
