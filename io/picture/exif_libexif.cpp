#include <libexif/exif-data.h>

#include <array>
#include <memory>

#include "io/picture/decode.h"

namespace io {

const PictureLibrary kExifLibrary{true, "libexif-dev"};

int exif_orientation(Bytes tiff) {
  // The library wants the header that JPEG puts before the structure, and a block fits into a JPEG marker.
  constexpr std::array<std::uint8_t, 6> kHeader = {'E', 'x', 'i', 'f', 0, 0};
  constexpr std::size_t kMost = 0xFFFF;
  if (tiff.empty() || tiff.size() > kMost) return 1;
  std::vector<std::uint8_t> block(kHeader.begin(), kHeader.end());
  block.insert(block.end(), tiff.begin(), tiff.end());
  const std::unique_ptr<ExifData, void (*)(ExifData*)> data(
      exif_data_new_from_data(block.data(), static_cast<unsigned>(block.size())), exif_data_unref);
  if (!data) return 1;
  const ExifEntry* entry = exif_content_get_entry(data->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
  if (entry == nullptr || entry->format != EXIF_FORMAT_SHORT || entry->size < 2) return 1;
  const int orientation = exif_get_short(entry->data, exif_data_get_byte_order(data.get()));
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

}  // namespace io
