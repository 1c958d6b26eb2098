#include "io/tensors/tensors.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "io/files/write_file.h"
#include "io/tensors/half.h"
#include "tests/io/scratch.h"

namespace {

using engine::Tensor;
using engine::TensorTable;
using io::TensorFormat;
using Bytes = std::vector<std::uint8_t>;

/// A file of this header and `data_bytes` zeros, built by hand.
Bytes file_of(const std::string& header, std::size_t data_bytes = 0) {
  Bytes bytes;
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<std::uint8_t>(std::uint64_t{header.size()} >> (8 * i)));
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.resize(bytes.size() + data_bytes);
  return bytes;
}

/// The file of one tensor "x" of n values, which lie in memory as T.
template <typename T>
Bytes file_of_values(const std::string& dtype, const std::vector<T>& values) {
  const std::size_t size = values.size() * sizeof(T);
  Bytes bytes = file_of("{\"x\":{\"dtype\":\"" + dtype + "\",\"shape\":[" + std::to_string(values.size()) +
                            "],\"data_offsets\":[0," + std::to_string(size) + "]}}",
                        size);
  std::memcpy(bytes.data() + bytes.size() - size, values.data(), size);
  return bytes;
}

std::string header_of(const Bytes& bytes) {
  std::uint64_t size = 0;
  std::memcpy(&size, bytes.data(), 8);
  return {bytes.begin() + 8, bytes.begin() + 8 + static_cast<std::ptrdiff_t>(size)};
}

/// The whole error line; empty if the bytes were accepted.
std::string error_of(const Bytes& bytes) {
  try {
    io::parse_tensors(bytes, "test.safetensors");
  } catch (const io::FormatError& error) {
    EXPECT_FALSE(error.problem().hint.empty()) << error.what();
    return error.what();
  }
  return "";
}

TensorTable example() {
  TensorTable table;
  table.tensors["lstm.weight"] = {.shape = {2, 3}, .values = {0, -1.5f, 1e-42f, 3e38f, INFINITY, 0.1f}};
  table.tensors["scalar"] = {.shape = {}, .values = {7}};
  table.tensors["empty"] = {.shape = {0, 4}, .values = {}};
  table.tensors["name \"with\" \\ and \xC3\xA9"] = {.shape = {1}, .values = {-0.0f}};
  table.metadata = {{"spec", "{\"hidden\": 128}"}, {"empty", ""}};
  return table;
}

TEST(Tensors, WhatIsWrittenIsReadBackBitForBit) {
  const TensorTable table = example();
  const Bytes bytes = io::format_tensors(table);
  EXPECT_EQ(io::parse_tensors(bytes, "test"), table);
  EXPECT_TRUE(std::signbit(io::parse_tensors(bytes, "test").tensors.rbegin()->second.values.front()) ||
              table.tensors.rbegin()->first == "scalar");
  EXPECT_EQ(io::format_tensors(io::parse_tensors(bytes, "test")), bytes);
}

TEST(Tensors, AnEmptyTableIsAFile) { EXPECT_EQ(io::parse_tensors(io::format_tensors({}), "test"), TensorTable{}); }

TEST(Tensors, TheBytesAreThoseOfTheFormat) {
  TensorTable table;
  table.tensors["b"] = {.shape = {2}, .values = {1.0f, -2.0f}};
  table.tensors["a"] = {.shape = {1}, .values = {0.5f}};
  table.metadata["k"] = "v";
  const Bytes bytes = io::format_tensors(table, {{"a", TensorFormat::f16}});
  const std::string header = R"({"__metadata__":{"k":"v"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                             R"("a":{"dtype":"F16","shape":[1],"data_offsets":[8,10]}})";
  EXPECT_EQ(header_of(bytes).substr(0, header.size()), header);
  EXPECT_EQ(header_of(bytes).find_first_not_of(' ', header.size()), std::string::npos);
  EXPECT_EQ((8 + header_of(bytes).size()) % 64, 0u);
  const Bytes data(bytes.begin() + 8 + static_cast<std::ptrdiff_t>(header_of(bytes).size()), bytes.end());
  EXPECT_EQ(data, (Bytes{0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0x00, 0x38}));
}

TEST(Tensors, AFileIsReadFromDiskAndItsNameStandsInErrors) {
  const test::Scratch scratch;
  io::write_file(scratch / "good", io::format_tensors(example()), io::Existing::refuse);
  EXPECT_EQ(io::read_tensors(scratch / "good"), example());
  io::write_file(scratch / "bad", "MThd", io::Existing::refuse);
  for (const char* name : {"bad", "missing"}) {
    try {
      io::read_tensors(scratch / name);
      ADD_FAILURE() << name << " was read";
    } catch (const io::FormatError& error) {
      EXPECT_EQ(error.problem().where, (scratch / name).string());
    }
  }
}

TEST(Tensors, EveryElementTypeIsConvertedExactly) {
  using Values = std::vector<float>;
  const auto read = [](const Bytes& bytes) { return io::parse_tensors(bytes, "test").tensors.at("x").values; };
  EXPECT_EQ(read(file_of_values<double>("F64", {0.5, -1e300 * 0, 0.1})), (Values{0.5f, 0, 0.1f}));
  EXPECT_EQ(read(file_of_values<std::uint16_t>("F16", {0x3c00, 0xc000})), (Values{1, -2}));
  EXPECT_EQ(read(file_of_values<std::uint16_t>("BF16", {0x3f80, 0xc000})), (Values{1, -2}));
  EXPECT_EQ(read(file_of_values<std::int8_t>("I8", {-128, 127})), (Values{-128, 127}));
  EXPECT_EQ(read(file_of_values<std::uint8_t>("U8", {0, 255})), (Values{0, 255}));
  EXPECT_EQ(read(file_of_values<std::int16_t>("I16", {-32768, 32767})), (Values{-32768, 32767}));
  EXPECT_EQ(read(file_of_values<std::uint16_t>("U16", {65535})), (Values{65535}));
  EXPECT_EQ(read(file_of_values<std::int32_t>("I32", {1 << 24, INT32_MIN})), (Values{0x1p24f, -0x1p31f}));
  EXPECT_EQ(read(file_of_values<std::uint32_t>("U32", {1u << 31})), (Values{0x1p31f}));
  EXPECT_EQ(read(file_of_values<std::int64_t>("I64", {INT64_MIN, -3})), (Values{-0x1p63f, -3}));
  EXPECT_EQ(read(file_of_values<std::uint64_t>("U64", {1ull << 63})), (Values{0x1p63f}));
  EXPECT_EQ(read(file_of_values<std::uint8_t>("BOOL", {0, 1})), (Values{0, 1}));
}

TEST(Tensors, ValuesThatNoFloatHoldsAreRefusedWithTheirIndex) {
  const Bytes files[] = {file_of_values<std::int32_t>("I32", {0, (1 << 24) + 1}),
                         file_of_values<std::int32_t>("I32", {0, INT32_MAX}),
                         file_of_values<std::uint32_t>("U32", {0, UINT32_MAX}),
                         file_of_values<std::int64_t>("I64", {0, INT64_MAX}),
                         file_of_values<std::uint64_t>("U64", {0, UINT64_MAX}),
                         file_of_values<double>("F64", {0, 1e39}),
                         file_of_values<std::uint8_t>("BOOL", {0, 2})};
  for (const Bytes& file : files) {
    const std::string error = error_of(file);
    EXPECT_NE(error.find("tensor \"x\": element 1 of dtype"), std::string::npos) << error << header_of(file);
  }
}

struct Broken {
  const char* name;
  std::string header;
  std::size_t data_bytes;
  const char* told;  ///< what the error line must hold
};

std::string entry(const std::string& shape, const std::string& offsets, const std::string& dtype = "F32") {
  return "{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}
std::string tensor_x(const std::string& shape, const std::string& offsets, const std::string& dtype = "F32") {
  return "{\"x\":" + entry(shape, offsets, dtype) + "}";
}

const Broken kBroken[] = {
    {"empty", "", 0, "the header begins with nothing; expected {"},
    {"no JSON", "hello", 0, "the header begins with byte 104; expected {"},
    {"byte order mark", "\xef\xbb\xbf{}", 0, "the header begins with byte 239; expected {"},
    {"cut off JSON", "{\"x\":", 0, "not JSON"},
    {"text behind it", "{} {}", 0, "not JSON"},
    {"zero bytes behind it", std::string("{}\0", 3), 0, "not JSON"},
    {"invalid UTF-8", "{\"\xff\":1}", 0, "UTF-8"},
    {"overlong UTF-8", "{\"\xc0\xaf\":1}", 0, "UTF-8"},
    {"a list", "[]", 0, "the header begins with byte 91; expected {"},
    {"entry a list", "{\"x\":[]}", 0, "the entry is a list"},
    {"entry a number", "{\"x\":1}", 0, "tensor \"x\": the entry is the number 1"},
    {"entry null", "{\"x\":null}", 0, "the entry is null"},
    {"name twice", "{\"x\":" + entry("[0]", "[0,0]") + ",\"x\":" + entry("[0]", "[0,0]") + "}", 0,
     "tensor \"x\": the name stands twice"},
    {"dtype twice", "{\"x\":{\"dtype\":\"F32\",\"dtype\":\"F16\"}}", 0, "dtype stands twice"},
    {"metadata twice", "{\"__metadata__\":{},\"__metadata__\":{}}", 0, "the entry stands twice"},
    {"metadata key twice", "{\"__metadata__\":{\"k\":\"\",\"k\":\"\"}}", 0, "the metadata key \"k\" stands twice"},
    {"metadata number", "{\"__metadata__\":{\"k\":1}}", 0,
     "the metadata value of \"k\" is the number 1; expected text"},
    {"metadata object", "{\"__metadata__\":{\"k\":{}}}", 0, "the metadata value of \"k\" is an object"},
    {"unknown key", "{\"x\":{\"size\":1}}", 0, "unknown key \"size\""},
    {"no dtype", "{\"x\":{\"shape\":[],\"data_offsets\":[0,4]}}", 4, "dtype is missing"},
    {"no shape", "{\"x\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "shape is missing"},
    {"no offsets", "{\"x\":{\"dtype\":\"F32\",\"shape\":[]}}", 0, "data_offsets is missing"},
    {"dtype a number", "{\"x\":{\"dtype\":1}}", 0, "dtype is the number 1; expected text"},
    {"dtype a list", "{\"x\":{\"dtype\":[]}}", 0, "dtype is a list"},
    {"dtype unknown", tensor_x("[1]", "[0,1]", "F8_E4M3"), 1, "dtype is \"F8_E4M3\"; expected one of F32"},
    {"shape a number", "{\"x\":{\"shape\":1}}", 0, "shape is the number 1; expected a list"},
    {"shape negative", tensor_x("[-1]", "[0,4]"), 4, "shape holds the number -1"},
    {"shape fraction", tensor_x("[1.5]", "[0,4]"), 4, "shape holds the number 1.5"},
    {"shape exponent", tensor_x("[1e3]", "[0,4]"), 4, "shape holds the number 1e3"},
    {"shape text", tensor_x("[\"1\"]", "[0,4]"), 4, "shape holds the text \"1\""},
    {"shape nested", tensor_x("[[1]]", "[0,4]"), 4, "shape holds a list"},
    {"shape past 2^63", tensor_x("[9223372036854775808]", "[0,4]"), 4, "shape holds the number 9223372036854775808"},
    {"shape past 2^64", tensor_x("[18446744073709551616]", "[0,4]"), 4, "shape holds the number"},
    {"product past 2^63", tensor_x("[4294967296,4294967296]", "[0,4]"), 4, "needs more than 2^63 bytes"},
    {"product wraps to 4", tensor_x("[2147483649,2147483649,4]", "[0,4]"), 4, "needs more than 2^63 bytes"},
    {"product past 2^63 but for a zero", tensor_x("[4294967296,4294967296,0]", "[0,0]"), 0, "more than 2^63"},
    {"17 dimensions", tensor_x("[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, "more than 16 dimensions"},
    {"offsets empty", tensor_x("[1]", "[]"), 4, "data_offsets has 0 numbers"},
    {"one offset", tensor_x("[1]", "[0]"), 4, "data_offsets has 1 numbers"},
    {"three offsets", tensor_x("[1]", "[0,4,4]"), 4, "data_offsets holds more than 2 numbers"},
    {"offset negative", tensor_x("[1]", "[-4,0]"), 4, "data_offsets holds the number -4"},
    {"offsets backwards", tensor_x("[1]", "[4,0]"), 4, "data_offsets are [4, 0)"},
    {"offsets past the file", tensor_x("[2]", "[0,8]"), 4, "data_offsets are [0, 8); the file holds 4 bytes"},
    {"offsets of 2^64 - 1", tensor_x("[1]", "[18446744073709551611,18446744073709551615]"), 4, "the file holds 4"},
    {"too few bytes for the shape", tensor_x("[2]", "[0,4]"), 4, "shape [2] of F32 needs 8 bytes; data_offsets [0, 4)"},
    {"too many bytes", tensor_x("[2]", "[0,4]", "F16") + std::string(1, ' '), 8, "the tensors end at byte 4"},
    {"bytes for nobody", "{}", 4, "the tensors end at byte 0 of the data, which has 4"},
    {"hole at the front", tensor_x("[1]", "[4,8]"), 8, "begins at 4, the tensor before ends at 0"},
    {"hole", "{\"a\":" + entry("[1]", "[0,4]") + ",\"b\":" + entry("[1]", "[8,12]") + "}", 12,
     "tensor \"b\": its data begins at 8, the tensor before ends at 4"},
    {"overlap", "{\"a\":" + entry("[2]", "[0,8]") + ",\"b\":" + entry("[2]", "[4,12]") + "}", 12,
     "tensor \"b\": its data begins at 4, the tensor before ends at 8"},
    {"same place", "{\"a\":" + entry("[1]", "[0,4]") + ",\"b\":" + entry("[1]", "[0,4]") + "}", 4, "no overlap"},
};

TEST(Tensors, EveryBrokenHeaderIsRefusedWithWhatWasFound) {
  for (const Broken& broken : kBroken) {
    const std::string error = error_of(file_of(broken.header, broken.data_bytes));
    EXPECT_NE(error.find(broken.told), std::string::npos) << broken.name << ": " << error;
    EXPECT_TRUE(error.starts_with("read tensors: test.safetensors")) << error;
  }
}

TEST(Tensors, OrderOfEntriesAndOfDataAreFree) {
  const Bytes bytes = file_of("{\"b\":" + entry("[1]", "[0,4]") + ",\"z\":" + entry("[0]", "[4,4]") +
                                  ",\"a\":" + entry("[1]", "[4,8]") + "}  \n ",
                              8);
  EXPECT_EQ(error_of(bytes), "");
}

TEST(Tensors, AHeaderBeyondTheFileOrTheLimitIsRefusedBeforeItIsRead) {
  EXPECT_NE(error_of({}).find("the file has 0 bytes; expected at least 8"), std::string::npos);
  EXPECT_NE(error_of(Bytes(7)).find("expected at least 8"), std::string::npos);
  EXPECT_NE(error_of(Bytes(8, 0xff)).find("claims 18446744073709551615 bytes; the file of 8"), std::string::npos);
  EXPECT_NE(error_of({3, 0, 0, 0, 0, 0, 0, 0, '{', '}'}).find("claims 3 bytes"), std::string::npos);
  const Bytes large = file_of(std::string(io::kMaxTensorHeaderBytes + 1, ' '));
  EXPECT_NE(error_of(large).find("claims 100000001 bytes"), std::string::npos);
}

TEST(Tensors, DeepNestingEndsAtOnce) {
  const std::string deep(1'000'000, '[');
  EXPECT_NE(error_of(file_of("{\"x\":" + deep)).find("the entry is a list"), std::string::npos);
  EXPECT_NE(error_of(file_of("{\"x\":{\"shape\":" + deep)).find("shape holds a list"), std::string::npos);
}

TEST(Tensors, MoreTensorsThanTheLimitAreRefused) {
  std::string header = "{";
  for (std::size_t i = 0; i <= io::kMaxTensors; ++i) {
    header += (i ? ",\"" : "\"") + std::to_string(i) + "\":" + entry("[0]", "[0,0]");
  }
  EXPECT_NE(error_of(file_of(header + "}")).find("more than 100000 tensors"), std::string::npos);
}

TEST(Tensors, ErrorsShowHostileNamesOnOneShortLine) {
  const std::string name = "\\u001b[31m\\n" + std::string(200, 'n');
  const std::string error = error_of(file_of("{\"" + name + "\":1}"));
  EXPECT_NE(error.find("\\x1b[31m\\x0a"), std::string::npos) << error;
  EXPECT_LT(error.size(), 250u);
}

TEST(Tensors, WritingRefusesWhatCouldNotBeReadBack) {
  const Tensor one{.shape = {1}, .values = {1}};
  const auto throws = [](const TensorTable& table, const std::map<std::string, TensorFormat>& formats = {}) {
    EXPECT_THROW(io::format_tensors(table, formats), std::invalid_argument);
  };
  throws({.tensors = {{"x", {.shape = {2}, .values = {1}}}}, .metadata = {}});
  throws({.tensors = {{"x", {.shape = {-1}, .values = {1}}}}, .metadata = {}});
  throws({.tensors = {{"x", {.shape = {}, .values = {}}}}, .metadata = {}});
  throws({.tensors = {{"x", {.shape = {0}, .values = {1}}}}, .metadata = {}});
  throws({.tensors = {{"x", {.shape = std::vector<std::int64_t>(17, 1), .values = {1}}}}, .metadata = {}});
  throws({.tensors = {{"__metadata__", one}}, .metadata = {}});
  throws({.tensors = {{"\xff", one}}, .metadata = {}});
  throws({.tensors = {}, .metadata = {{"k", "\xff"}}});
  throws({.tensors = {{"x", one}}, .metadata = {}}, {{"y", TensorFormat::f16}});
}

TEST(Tensors, HalvesRoundToNearestAndRefuseToBecomeInfinite) {
  const auto stored = [](float value, TensorFormat format) {
    const TensorTable table{.tensors = {{"x", {.shape = {1}, .values = {value}}}}, .metadata = {}};
    return io::parse_tensors(io::format_tensors(table, {{"x", format}}), "test").tensors.at("x").values.front();
  };
  EXPECT_EQ(stored(1.0f / 3, TensorFormat::f16), 0x1.554p-2f);
  EXPECT_EQ(stored(1.0f / 3, TensorFormat::bf16), 0x1.56p-2f);
  EXPECT_EQ(stored(INFINITY, TensorFormat::f16), INFINITY);
  EXPECT_TRUE(std::isnan(stored(NAN, TensorFormat::bf16)));
  EXPECT_EQ(stored(65519, TensorFormat::f16), 65504);
  EXPECT_THROW(stored(65520, TensorFormat::f16), io::WriteError);
  EXPECT_THROW(stored(std::numeric_limits<float>::max(), TensorFormat::bf16), io::WriteError);
}

/// The value of 16 bits by the formula of the standard, in double.
double defined_half(int bits, int fraction_bits, int bias) {
  const int exponent = (bits & 0x7fff) >> fraction_bits;
  const int fraction = bits & ((1 << fraction_bits) - 1);
  const double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias - fraction_bits);
  if (exponent == (0x7fff >> fraction_bits)) return fraction ? NAN : sign * INFINITY;
  return sign * std::ldexp(fraction + (1 << fraction_bits), exponent - bias - fraction_bits);
}

template <typename ToFloat, typename FromFloat>
void check_all_halves(ToFloat to_float, FromFloat from_float, int fraction_bits, int bias) {
  const int infinity = 0x7fff >> fraction_bits << fraction_bits;
  for (int i = 0; i < 65536; ++i) {
    const auto bits = static_cast<std::uint16_t>(i);
    const float value = to_float(bits);
    const double defined = defined_half(i, fraction_bits, bias);
    if (std::isnan(defined)) {
      ASSERT_TRUE(std::isnan(value) && std::isnan(to_float(from_float(value)))) << i;
      continue;
    }
    ASSERT_EQ(value, defined) << i;
    ASSERT_EQ(from_float(value), bits) << i;
    if ((i & 0x7fff) + 1 >= infinity) continue;
    // Halfway to the next, both neighbours are as near: the even one wins. One float beside halfway, the nearer one.
    const auto halfway = static_cast<float>((defined + defined_half(i + 1, fraction_bits, bias)) / 2);
    ASSERT_EQ(from_float(halfway), i + (i & 1)) << i;
    ASSERT_EQ(from_float(std::nextafter(halfway, value)), i) << i;
    ASSERT_EQ(from_float(std::nextafter(halfway, to_float(static_cast<std::uint16_t>(i + 1)))), i + 1) << i;
  }
}

TEST(Half, EveryF16IsItsDefinitionAndEveryTieGoesToEven) {
  check_all_halves(io::float_from_f16, io::f16_from_float, 10, 15);
}

TEST(Half, EveryBf16IsItsDefinitionAndEveryTieGoesToEven) {
  check_all_halves(io::float_from_bf16, io::bf16_from_float, 7, 127);
}

}  // namespace
