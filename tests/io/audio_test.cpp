#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "io/audio/write_audio.h"
#include "io/files/read_file.h"
#include "tests/io/scratch.h"

namespace {

using engine::Audio;
using io::Existing;
using Bytes = std::vector<std::uint8_t>;

class WriteAudio : public testing::Test {
 protected:
  void SetUp() override {
    if (!io::can_write_audio()) GTEST_SKIP() << "this build has no libsndfile";
  }

  Bytes written(const char* name, const Audio& audio) {
    io::write_audio(scratch_ / name, audio, Existing::replace);
    EXPECT_EQ(scratch_.entries(), 1) << "something else was left beside " << name;
    Bytes bytes = io::read_file(scratch_ / name, std::size_t{1} << 24, "read audio");
    std::filesystem::remove(scratch_ / name);
    return bytes;
  }

  test::Scratch scratch_;
};

Audio tone(int frames, int channels = 2) {
  Audio audio{.sample_rate = 44100, .channels = channels, .samples = {}};
  for (int i = 0; i < frames * channels; ++i) audio.samples.push_back(0.5f * std::sin(0.05f * static_cast<float>(i)));
  return audio;
}

std::string head(const Bytes& bytes) { return {bytes.begin(), bytes.begin() + 4}; }

template <typename T>
T number_at(const Bytes& bytes, std::size_t at) {
  T value{};
  if (at + sizeof(T) <= bytes.size()) std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

// The canonical header of PCM is 44 bytes: RIFF, fmt of 16 bytes at 12, data at 36.
TEST_F(WriteAudio, AWavFileHoldsItsSamplesClippedTo16Bits) {
  const float inf = std::numeric_limits<float>::infinity();
  const Audio audio{.sample_rate = 48000, .channels = 1, .samples = {0, 1, -1, 0.5f, 1.5f, -7, NAN, inf, -inf}};
  const Bytes bytes = written("a.wav", audio);
  ASSERT_EQ(bytes.size(), 44 + 2 * audio.samples.size());
  EXPECT_EQ(head(bytes), "RIFF");
  EXPECT_EQ(number_at<std::uint32_t>(bytes, 4), bytes.size() - 8);
  EXPECT_EQ(number_at<std::uint16_t>(bytes, 22), 1) << "channels";
  EXPECT_EQ(number_at<std::uint32_t>(bytes, 24), 48000u);
  EXPECT_EQ(number_at<std::uint32_t>(bytes, 40), 2 * audio.samples.size());
  const int expected[] = {0, 32767, -32767, 16384, 32767, -32767, 0, 32767, -32767};
  for (std::size_t i = 0; i < audio.samples.size(); ++i) {
    EXPECT_EQ(number_at<std::int16_t>(bytes, 44 + 2 * i), expected[i]) << "sample " << i;
  }
}

TEST_F(WriteAudio, FlacIsSmallerThanWavAndBothAreTheSameTwice) {
  const Audio audio = tone(20'000);
  const Bytes wav = written("a.wav", audio), flac = written("a.FLAC", audio);
  EXPECT_EQ(head(flac), "fLaC");
  EXPECT_LT(flac.size(), wav.size() / 2);
  EXPECT_EQ(written("a.wav", audio), wav);
  EXPECT_EQ(written("a.flac", audio), flac);
}

TEST_F(WriteAudio, OggEndsWithThePageThatCountsAllFrames) {
  const int frames = 300'000;
  const Bytes bytes = written("a.ogg", tone(frames));
  EXPECT_EQ(head(bytes), "OggS");
  const std::string text(bytes.begin(), bytes.end());
  const std::size_t last = text.rfind("OggS");
  EXPECT_EQ(number_at<std::uint8_t>(bytes, last + 5) & 4, 4) << "the flag of the last page, RFC 3533";
  EXPECT_EQ(number_at<std::int64_t>(bytes, last + 6), frames) << "its granule position: frames so far";
}

TEST_F(WriteAudio, NoSoundIsAFileToo) {
  for (const char* name : {"a.wav", "a.flac", "a.ogg"}) {
    EXPECT_GE(written(name, {.sample_rate = 44100, .channels = 2, .samples = {}}).size(), 42u) << name;
  }
}

TEST_F(WriteAudio, AnExistingFileIsNotReplacedUnasked) {
  io::write_audio(scratch_ / "a.wav", tone(10), Existing::refuse);
  EXPECT_THROW(io::write_audio(scratch_ / "a.wav", tone(20), Existing::refuse), io::WriteError);
  EXPECT_EQ(std::filesystem::file_size(scratch_ / "a.wav"), 44u + 40);
}

TEST_F(WriteAudio, WhatAFormatCannotHoldIsAWriteErrorAndLeavesNothing) {
  EXPECT_THROW(io::write_audio(scratch_ / "a.flac", tone(10, 9), Existing::refuse), io::WriteError) << "9 channels";
  Audio fast = tone(10);
  fast.sample_rate = 2'000'000'000;
  EXPECT_THROW(io::write_audio(scratch_ / "a.ogg", fast, Existing::refuse), io::WriteError);
  EXPECT_EQ(scratch_.entries(), 0);
}

TEST_F(WriteAudio, HalfAFrameIsTheCallersFault) {
  EXPECT_THROW(io::write_audio("a.wav", {.sample_rate = 1, .channels = 2, .samples = {0}}, Existing::refuse),
               std::invalid_argument);
  EXPECT_THROW(io::write_audio("a.wav", {.sample_rate = 1, .channels = 0, .samples = {}}, Existing::refuse),
               std::invalid_argument);
  EXPECT_THROW(io::write_audio("a.wav", {.sample_rate = 0, .channels = 1, .samples = {}}, Existing::refuse),
               std::invalid_argument);
}

TEST(AudioExtension, IsKnownWithAndWithoutItsDotInAnyCase) {
  for (const char* name : {"wav", ".wav", ".FLAC", "Ogg"}) EXPECT_TRUE(io::audio_extension_supported(name)) << name;
  for (const char* name : {"", ".", "mp3", ".wavx", "wa", "..wav"}) {
    EXPECT_FALSE(io::audio_extension_supported(name)) << name;
  }
  EXPECT_EQ(io::audio_extensions(), "wav, flac, ogg");
}

TEST(AudioExtension, AnUnknownOneIsRefusedWithThoseThatAreKnown) {
  for (const char* name : {"a.mp3", "a", ".wav"}) {
    try {
      io::write_audio(name, tone(1), Existing::refuse);
      ADD_FAILURE() << name << " was written";
    } catch (const engine::Error& error) {
      EXPECT_NE(error.problem().hint.find("wav, flac, ogg"), std::string::npos) << error.problem().hint;
    }
  }
}

TEST(AudioAbsent, WithoutTheLibraryTheErrorNamesThePackage) {
  if (io::can_write_audio()) GTEST_SKIP() << "this build has libsndfile";
  try {
    io::write_audio("a.wav", tone(1), Existing::refuse);
    ADD_FAILURE() << "written";
  } catch (const engine::Error& error) {
    EXPECT_NE(error.problem().hint.find("apt-get install libsndfile1-dev"), std::string::npos);
  }
}

}  // namespace
