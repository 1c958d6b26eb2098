#include "bench/gpu/cudnn/lstm.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "kernels/math/half.h"
#include "kernels/math/philox.h"

namespace bench::gpu {
namespace {

constexpr int kGates = 8;  // four that read the input, four that read the state
constexpr int kCheckedRows = 2;

cudnnDataType_t type_of(const LstmShape& shape) { return shape.half ? CUDNN_DATA_HALF : CUDNN_DATA_FLOAT; }
std::size_t size_of(const LstmShape& shape) { return shape.half ? 2 : 4; }

cudnnMathType_t math_of(const LstmShape& shape) {
  if (shape.half) return CUDNN_TENSOR_OP_MATH;
  return shape.tf32 ? CUDNN_DEFAULT_MATH : CUDNN_FMA_MATH;
}

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

void check_cudnn(cudnnStatus_t status, const char* call) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  throw std::runtime_error(std::string(call) + ": " + cudnnGetErrorString(status));
}

CudnnHandles::CudnnHandles() {
  check_cudnn(cudnnCreate(&library), "cudnnCreate");
  check_cudnn(cudnnCreateRNNDescriptor(&rnn), "cudnnCreateRNNDescriptor");
  check_cudnn(cudnnCreateDropoutDescriptor(&dropout), "cudnnCreateDropoutDescriptor");
  for (auto* data : {&x, &y}) check_cudnn(cudnnCreateRNNDataDescriptor(data), "cudnnCreateRNNDataDescriptor");
  for (auto* tensor : {&state, &matrix, &bias}) {
    check_cudnn(cudnnCreateTensorDescriptor(tensor), "cudnnCreateTensorDescriptor");
  }
}

CudnnHandles::~CudnnHandles() {
  for (cudnnTensorDescriptor_t tensor : {state, matrix, bias}) cudnnDestroyTensorDescriptor(tensor);
  for (cudnnRNNDataDescriptor_t data : {x, y}) cudnnDestroyRNNDataDescriptor(data);
  cudnnDestroyDropoutDescriptor(dropout);
  cudnnDestroyRNNDescriptor(rnn);
  cudnnDestroy(library);
}

CudnnLstm::CudnnLstm(const LstmShape& shape, int most_steps, kernels::StreamRef stream)
    : shape_(shape), most_steps_(most_steps), stream_(stream) {
  check_cudnn(cudnnSetStream(of_.library, static_cast<cudaStream_t>(stream.handle)), "cudnnSetStream");
  check_cudnn(cudnnSetDropoutDescriptor(of_.dropout, of_.library, 0, nullptr, 0, 0), "cudnnSetDropoutDescriptor");
  check_cudnn(
      cudnnSetRNNDescriptor_v8(of_.rnn, shape.algo, CUDNN_LSTM, CUDNN_RNN_DOUBLE_BIAS, CUDNN_UNIDIRECTIONAL,
                               CUDNN_LINEAR_INPUT, type_of(shape), CUDNN_DATA_FLOAT, math_of(shape), shape.inputs,
                               shape.hidden, shape.hidden, shape.layers, of_.dropout, CUDNN_RNN_PADDED_IO_ENABLED),
      "cudnnSetRNNDescriptor_v8");
  const int state[3] = {shape.layers, shape.batch, shape.hidden},
            strides[3] = {shape.batch * shape.hidden, shape.hidden, 1};
  check_cudnn(cudnnSetTensorNdDescriptor(of_.state, type_of(shape), 3, state, strides), "cudnnSetTensorNdDescriptor");

  const std::size_t rows = static_cast<std::size_t>(most_steps) * static_cast<std::size_t>(shape.batch);
  x_ = {stream, rows * static_cast<std::size_t>(shape.inputs) * size_of(shape)};
  y_ = {stream, rows * static_cast<std::size_t>(shape.hidden) * size_of(shape)};
  inputs_ = random(rows * static_cast<std::size_t>(shape.inputs), 1);
  upload(x_.data(), inputs_);
  make_weights();

  lengths_ = {stream, static_cast<std::size_t>(shape.batch)};
  prepare(most_steps);
  std::size_t work = 0, reserve = 0;
  check_cudnn(cudnnGetRNNTempSpaceSizes(of_.library, of_.rnn, CUDNN_FWD_MODE_INFERENCE, of_.x, &work, &reserve),
              "cudnnGetRNNTempSpaceSizes");
  work_ = {stream, work};
}

std::vector<float> CudnnLstm::random(std::size_t count, float size) {
  std::vector<float> values(count);
  ++seed_;
  for (std::size_t i = 0; i < count; i += 4) {
    const auto words = kernels::random_words(seed_, i, 0, kernels::Purpose::kShuffle);
    for (std::size_t k = 0; k < 4 && i + k < count; ++k) {
      values[i + k] = size * static_cast<float>(2 * kernels::uniform(words.w[k]) - 1);
    }
  }
  return values;
}

void CudnnLstm::upload(void* to, std::vector<float>& values) {
  if (!shape_.half) {
    kernels::copy_to_device(to, values.data(), values.size() * sizeof(float), stream_);
    stream_.synchronize();
    return;
  }
  std::vector<kernels::Half> halves(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    halves[i] = kernels::to_half(values[i]);
    values[i] = kernels::to_float(halves[i]);
  }
  kernels::copy_to_device(to, halves.data(), halves.size() * sizeof(kernels::Half), stream_);
  stream_.synchronize();
}

void CudnnLstm::make_weights() {
  std::size_t bytes = 0;
  check_cudnn(cudnnGetRNNWeightSpaceSize(of_.library, of_.rnn, &bytes), "cudnnGetRNNWeightSpaceSize");
  weights_ = {stream_, bytes};
  weights_.fill(0);
  const float size = 1 / std::sqrt(static_cast<float>(shape_.hidden));
  const auto hidden = static_cast<std::size_t>(shape_.hidden);
  for (int layer = 0; layer < shape_.layers; ++layer) {
    for (int gate = 0; gate < kGates; ++gate) {
      void *matrix_at = nullptr, *bias_at = nullptr;
      check_cudnn(cudnnGetRNNWeightParams(of_.library, of_.rnn, layer, bytes, weights_.data(), gate, of_.matrix,
                                          &matrix_at, of_.bias, &bias_at),
                  "cudnnGetRNNWeightParams");
      const bool first = layer == 0 && gate < kGates / 2;
      Gate g{random(hidden * (first ? static_cast<std::size_t>(shape_.inputs) : hidden), size), random(hidden, size)};
      upload(matrix_at, g.matrix);
      upload(bias_at, g.bias);
      gates_.push_back(std::move(g));
    }
  }
}

void CudnnLstm::prepare(int steps) {
  if (steps < 1 || steps > most_steps_) throw std::invalid_argument("CudnnLstm: more steps than there are inputs for");
  steps_ = steps;
  const std::vector<int> lengths(static_cast<std::size_t>(shape_.batch), steps);
  const auto describe = [&](cudnnRNNDataDescriptor_t descriptor, int columns) {
    check_cudnn(cudnnSetRNNDataDescriptor(descriptor, type_of(shape_), CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED, steps,
                                          shape_.batch, columns, lengths.data(), nullptr),
                "cudnnSetRNNDataDescriptor");
  };
  describe(of_.x, shape_.inputs);
  describe(of_.y, shape_.hidden);
  lengths_.upload(lengths);
  stream_.synchronize();
}

void CudnnLstm::run() {
  check_cudnn(cudnnRNNForward(of_.library, of_.rnn, CUDNN_FWD_MODE_INFERENCE, lengths_.data(), of_.x, x_.data(), of_.y,
                              y_.data(), of_.state, nullptr, nullptr, of_.state, nullptr, nullptr,
                              weights_.size_bytes(), weights_.data(), work_.size_bytes(), work_.data(), 0, nullptr),
              "cudnnRNNForward");
}

std::vector<double> CudnnLstm::reference(int row) const {
  const auto hidden = static_cast<std::size_t>(shape_.hidden), layers = static_cast<std::size_t>(shape_.layers);
  std::vector<std::vector<double>> h(layers, std::vector<double>(hidden)), c = h;
  std::vector<double> outputs;
  for (int step = 0; step < steps_; ++step) {
    const auto at = (static_cast<std::size_t>(step) * shape_.batch + row) * shape_.inputs;
    std::vector<double> x(inputs_.begin() + static_cast<std::ptrdiff_t>(at),
                          inputs_.begin() + static_cast<std::ptrdiff_t>(at + shape_.inputs));
    for (std::size_t l = 0; l < layers; ++l) {
      const auto gate = [&](std::size_t k, std::size_t unit) {
        const Gate &in = gates_[kGates * l + k], &back = gates_[kGates * l + 4 + k];
        double sum = in.bias[unit] + back.bias[unit];
        for (std::size_t i = 0; i < x.size(); ++i) sum += in.matrix[unit * x.size() + i] * x[i];
        for (std::size_t i = 0; i < hidden; ++i) sum += back.matrix[unit * hidden + i] * h[l][i];
        return sum;
      };
      std::vector<double> next(hidden);
      for (std::size_t unit = 0; unit < hidden; ++unit) {
        c[l][unit] = logistic(gate(1, unit)) * c[l][unit] + logistic(gate(0, unit)) * std::tanh(gate(2, unit));
        next[unit] = logistic(gate(3, unit)) * std::tanh(c[l][unit]);
      }
      h[l] = x = next;
    }
    outputs.insert(outputs.end(), x.begin(), x.end());
  }
  return outputs;
}

double CudnnLstm::error(int steps) {
  prepare(steps);
  y_.fill(0xff);
  run();
  const std::vector<std::byte> bytes = y_.to_host();
  const auto value = [&](std::size_t i) -> double {
    if (!shape_.half) return reinterpret_cast<const float*>(bytes.data())[i];
    return kernels::to_float(reinterpret_cast<const kernels::Half*>(bytes.data())[i]);
  };
  const auto hidden = static_cast<std::size_t>(shape_.hidden);
  double gap = 0, whole = 0;
  for (int row = 0; row < std::min(kCheckedRows, shape_.batch); ++row) {
    const std::vector<double> want = reference(row);
    for (std::size_t i = 0; i < want.size(); ++i) {
      const std::size_t at = (i / hidden * static_cast<std::size_t>(shape_.batch) + row) * hidden + i % hidden;
      gap += (value(at) - want[i]) * (value(at) - want[i]);
      whole += want[i] * want[i];
    }
  }
  return std::sqrt(gap / whole);
}

}  // namespace bench::gpu
