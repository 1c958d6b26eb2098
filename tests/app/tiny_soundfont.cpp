#include "tests/app/tiny_soundfont.h"

#include <cmath>
#include <cstdint>
#include <fstream>
#include <string>

namespace test {
namespace {

constexpr int kPeriod = 100, kPeriods = 4, kSilence = 46;  // the format asks for 46 silent frames after a sample
constexpr int kOriginalKey = 69;
constexpr int kGenInstrument = 41, kGenSampleModes = 54, kGenSample = 53;

std::string u16(unsigned value) { return {static_cast<char>(value & 0xFF), static_cast<char>(value >> 8 & 0xFF)}; }
std::string u32(unsigned value) { return u16(value & 0xFFFF) + u16(value >> 16); }
std::string name(std::string text) {
  text.resize(20, '\0');
  return text;
}
std::string chunk(const std::string& id, std::string data) {
  if (data.size() % 2) data += '\0';
  return id + u32(static_cast<unsigned>(data.size())) + data;
}
std::string generator(int oper, int amount) {
  return u16(static_cast<unsigned>(oper)) + u16(static_cast<unsigned>(amount));
}

std::string sine() {
  std::string samples;
  for (int i = 0; i < kPeriod * kPeriods; ++i) {
    const double value = 16000 * std::sin(2 * 3.14159265358979323846 * i / kPeriod);
    samples += u16(static_cast<unsigned>(std::lround(value)) & 0xFFFF);
  }
  return samples + std::string(2 * kSilence, '\0');
}

std::string preset_chunks(const std::vector<SoundfontPreset>& presets) {
  std::string headers, bags, generators;
  unsigned bag = 0;
  for (const SoundfontPreset& p : presets) {
    headers += name("preset") + u16(static_cast<unsigned>(p.program)) + u16(static_cast<unsigned>(p.bank)) + u16(bag) +
               std::string(12, '\0');
    bags += u16(bag++) + u16(0);
    generators += generator(kGenInstrument, 0);
  }
  headers += name("EOP") + u16(0) + u16(0) + u16(bag) + std::string(12, '\0');
  bags += u16(bag) + u16(0);
  return chunk("phdr", headers) + chunk("pbag", bags) + chunk("pmod", std::string(10, '\0')) +
         chunk("pgen", generators + generator(0, 0));
}

std::string instrument_chunks() {
  const std::string instruments = name("sine") + u16(0) + name("EOI") + u16(1);
  const std::string generators = generator(kGenSampleModes, 1) + generator(kGenSample, 0) + generator(0, 0);
  const std::string sample = name("sine") + u32(0) + u32(kPeriod * kPeriods) + u32(kPeriod) +
                             u32(kPeriod * (kPeriods - 1)) + u32(44100) + static_cast<char>(kOriginalKey) + '\0' +
                             u16(0) + u16(1);
  return chunk("inst", instruments) + chunk("ibag", u16(0) + u16(0) + u16(2) + u16(0)) +
         chunk("imod", std::string(10, '\0')) + chunk("igen", generators) +
         chunk("shdr", sample + name("EOS") + std::string(26, '\0'));
}

}  // namespace

void write_tiny_soundfont(const std::filesystem::path& file, const std::vector<SoundfontPreset>& presets) {
  const std::string info = "INFO" + chunk("ifil", u16(2) + u16(1)) + chunk("isng", std::string("EMU8000\0", 8)) +
                           chunk("INAM", std::string("tiny\0\0", 6));
  const std::string body = "sfbk" + chunk("LIST", info) + chunk("LIST", "sdta" + chunk("smpl", sine())) +
                           chunk("LIST", "pdta" + preset_chunks(presets) + instrument_chunks());
  std::ofstream(file, std::ios::binary) << chunk("RIFF", body);
}

}  // namespace test
