// cuDNN's LSTM, called directly as LibTorch calls it: what one step of it costs.
#pragma once

#include <cudnn.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/runtime/buffer.h"
#include "kernels/runtime/stream.h"

namespace bench::gpu {

/// @throws std::runtime_error naming the call unless it succeeded
void check_cudnn(cudnnStatus_t status, const char* call);

struct LstmShape {
  int layers = 1, inputs = 3, hidden = 128, batch = 1;
  bool half = false;  ///< fp16 data and weights with fp32 sums; else strict fp32
  bool tf32 = false;  ///< with fp32 data: products may round their operands
  cudnnRNNAlgo_t algo = CUDNN_RNN_ALGO_STANDARD;
};

/// What cuDNN gives out and wants back.
struct CudnnHandles {
  CudnnHandles();
  ~CudnnHandles();
  CudnnHandles(const CudnnHandles&) = delete;
  CudnnHandles& operator=(const CudnnHandles&) = delete;

  cudnnHandle_t library = nullptr;
  cudnnRNNDescriptor_t rnn = nullptr;
  cudnnDropoutDescriptor_t dropout = nullptr;
  cudnnRNNDataDescriptor_t x = nullptr, y = nullptr;
  cudnnTensorDescriptor_t state = nullptr, matrix = nullptr, bias = nullptr;
};

/// Random weights within +-1/sqrt(hidden), as PyTorch begins, and random inputs within +-1.
class CudnnLstm {
 public:
  CudnnLstm(const LstmShape& shape, int most_steps, kernels::StreamRef stream);

  /// Sets how many steps run() takes, and waits. @throws std::runtime_error where cuDNN refuses the shape
  void prepare(int steps);
  /// Enqueues the steps, from zero state.
  void run();
  /// Relative L2 distance of the top layer's outputs after `steps` steps from a plain loop in double, over the first
  /// rows of the batch.
  double error(int steps);

 private:
  struct Gate {
    std::vector<float> matrix, bias;  ///< [hidden, columns], [hidden]
  };
  std::vector<float> random(std::size_t count, float size);
  void upload(void* to, std::vector<float>& values);  ///< rounds the values to what is uploaded
  void make_weights();
  std::vector<double> reference(int row) const;  ///< [steps, hidden]

  LstmShape shape_;
  int most_steps_, steps_ = 0;
  kernels::StreamRef stream_;
  std::uint32_t seed_ = 1;
  CudnnHandles of_;
  kernels::DeviceBuffer<std::byte> x_, y_, weights_, work_;
  kernels::DeviceBuffer<std::int32_t> lengths_;
  std::vector<float> inputs_;  ///< [most_steps, batch, inputs] as uploaded
  std::vector<Gate> gates_;    ///< [layers, 8]: i f g o of the input, then of the recurrence
};

}  // namespace bench::gpu
