// What unfused and pointwise share: products by a library, over all rows, into memory of their own. The rows of pieces
// that take no part are computed too and looked at by nobody.
#pragma once

#include "kernels/generate/steps.h"
#include "kernels/runtime/product.h"

namespace kernels::inline AFFETTO_PLATFORM {

class ProductSteps : public ComposedSteps {
 protected:
  ProductSteps(const char* name, const NetworkView& network, const ClustersView& clusters, int slots, StreamRef stream,
               bool graphs);

  /// Enqueues one layer of one step.
  virtual void layer_step(const PiecesView& pieces, int layer, int number) = 0;
  /// Enqueues one dense layer of the readout.
  virtual void dense(const PiecesView& pieces, const DenseView& dense) = 0;

  void step(const PiecesView& pieces, int number) override;
  void replay(const PiecesView& pieces) final;
  void readout(const PiecesView& pieces) override;

  /// Enqueues to = h W_hh^T, [rows, 4H].
  void gates_from_state(const PiecesView& pieces, int layer, float* to);
  /// Enqueues to = h of the layer below W_ih^T, or adds it.
  void gates_from_below(const PiecesView& pieces, int layer, float* to, bool add);
  /// Enqueues to = x W^T, [rows, size].
  void dense_product(const PiecesView& pieces, const DenseView& dense, float* to);

  std::size_t widest_gates() const;                     ///< 4H of the widest layer
  float* gates() const { return gates_.data(); }        ///< scratch [slots, 4H of the widest layer]
  float* products() const { return products_.data(); }  ///< scratch [slots, widest dense layer]

 private:
  void multiply(const float* x, int x_stride, const float* weight, int rows, int outputs, int terms, float* to,
                bool add);

  Products library_;
  DeviceBuffer<float> gates_, products_;
};

}  // namespace kernels::inline AFFETTO_PLATFORM
