// JPEG files for tests, of the kinds that cameras and programs write.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <vector>

#include "io/picture/libjpeg.h"

namespace test {

struct Jpeg {
  int width = 8, height = 8;
  int components = 3;       ///< 1 grey, 3 RGB, 4 CMYK as they are to be stored
  bool arithmetic = false;  ///< coded so instead of by Huffman
  bool progressive = false;
  bool adobe = true;  ///< of CMYK: marked as Adobe's, whose inks are stored inverted
  bool ycck = false;  ///< of CMYK: the first three as YCbCr
  int quality = 95;
  std::vector<std::uint8_t> exif = {};     ///< TIFF structure, empty for none
  std::vector<jpeg_scan_info> scans = {};  ///< instead of the library's own choice
  std::function<int(int x, int y, int component)> sample = [](int, int, int) { return 128; };
};

inline std::vector<std::uint8_t> jpeg_bytes(const Jpeg& jpeg) {
  jpeg_compress_struct cinfo{};
  jpeg_error_mgr errors{};
  cinfo.err = jpeg_std_error(&errors);  // prints and exits: a test that asks for the impossible
  jpeg_create_compress(&cinfo);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&cinfo, &memory, &size);
  cinfo.image_width = static_cast<JDIMENSION>(jpeg.width);
  cinfo.image_height = static_cast<JDIMENSION>(jpeg.height);
  cinfo.input_components = jpeg.components;
  cinfo.in_color_space = jpeg.components == 1 ? JCS_GRAYSCALE : jpeg.components == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&cinfo);
  if (jpeg.components == 4) {
    jpeg_set_colorspace(&cinfo, jpeg.ycck ? JCS_YCCK : JCS_CMYK);
    cinfo.write_Adobe_marker = jpeg.adobe;
  }
  cinfo.arith_code = jpeg.arithmetic;
  jpeg_set_quality(&cinfo, jpeg.quality, TRUE);
  if (jpeg.progressive) jpeg_simple_progression(&cinfo);
  if (!jpeg.scans.empty()) {
    cinfo.scan_info = jpeg.scans.data();
    cinfo.num_scans = static_cast<int>(jpeg.scans.size());
  }
  jpeg_start_compress(&cinfo, TRUE);
  if (!jpeg.exif.empty()) {
    std::vector<std::uint8_t> block = {'E', 'x', 'i', 'f', 0, 0};
    block.insert(block.end(), jpeg.exif.begin(), jpeg.exif.end());
    jpeg_write_marker(&cinfo, JPEG_APP0 + 1, block.data(), static_cast<unsigned>(block.size()));
  }
  std::vector<JSAMPLE> row(static_cast<std::size_t>(jpeg.width) * static_cast<std::size_t>(jpeg.components));
  for (int y = 0; y < jpeg.height; ++y) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const int at = static_cast<int>(i);
      row[i] = static_cast<JSAMPLE>(jpeg.sample(at / jpeg.components, y, at % jpeg.components));
    }
    JSAMPROW rows = row.data();
    jpeg_write_scanlines(&cinfo, &rows, 1);
  }
  jpeg_finish_compress(&cinfo);
  std::vector<std::uint8_t> bytes(memory, memory + size);
  jpeg_destroy_compress(&cinfo);
  std::free(memory);
  return bytes;
}

}  // namespace test
