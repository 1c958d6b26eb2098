#include "trainer/bptt/reference_layers.h"

#include <cmath>

namespace trainer::reference {
namespace {

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

/// gates(row, 4H) of one element: W_ih x + b_ih + W_hh h_prev + b_hh.
void preactivations(const Matrix& x, std::size_t row, const double* h_prev, const LstmWeights& w, std::size_t hidden,
                    Matrix& gates) {
  for (std::size_t n = 0; n < 4 * hidden; ++n) {
    double a = w.bias_ih[n] + w.bias_hh[n];
    for (std::size_t k = 0; k < x.cols; ++k) a += w.ih[n * x.cols + k] * x.at(row, k);
    for (std::size_t k = 0; h_prev && k < hidden; ++k) a += w.hh[n * hidden + k] * h_prev[k];
    gates.at(row, n) = a;
  }
}

}  // namespace

Matrix linear(const Matrix& x, Weights w, Weights b, std::size_t outputs) {
  Matrix y(x.rows, outputs);
  for (std::size_t r = 0; r < x.rows; ++r) {
    for (std::size_t n = 0; n < outputs; ++n) {
      double sum = b[n];
      for (std::size_t k = 0; k < x.cols; ++k) sum += w[n * x.cols + k] * x.at(r, k);
      y.at(r, n) = sum;
    }
  }
  return y;
}

Matrix linear_backward(const Matrix& x, Weights w, const Matrix& dy, Gradient dw, Gradient db) {
  Matrix dx(x.rows, x.cols);
  for (std::size_t r = 0; r < x.rows; ++r) {
    for (std::size_t n = 0; n < dy.cols; ++n) {
      const double d = dy.at(r, n);
      db[n] += d;
      for (std::size_t k = 0; k < x.cols; ++k) {
        dw[n * x.cols + k] += d * x.at(r, k);
        dx.at(r, k) += d * w[n * x.cols + k];
      }
    }
  }
  return dx;
}

void activate(Matrix& y, engine::Activation activation) {
  for (double& v : y.values) {
    if (activation == engine::Activation::relu) v = v > 0 ? v : 0;
    if (activation == engine::Activation::tanh) v = std::tanh(v);
  }
}

void activate_backward(const Matrix& y, Matrix& dy, engine::Activation activation) {
  for (std::size_t i = 0; i < y.values.size(); ++i) {
    const double v = y.values[i];
    if (activation == engine::Activation::relu) dy.values[i] *= v > 0 ? 1 : 0;
    if (activation == engine::Activation::tanh) dy.values[i] *= 1 - v * v;
  }
}

LstmTrace lstm(const Matrix& x, const LstmWeights& w, std::size_t batch, std::size_t hidden) {
  LstmTrace out{Matrix(x.rows, 4 * hidden), Matrix(x.rows, hidden), Matrix(x.rows, hidden)};
  for (std::size_t row = 0; row < x.rows; ++row) {  // row = t * B + b
    const bool first = row < batch;
    preactivations(x, row, first ? nullptr : &out.h.values[(row - batch) * hidden], w, hidden, out.gates);
    for (std::size_t j = 0; j < hidden; ++j) {
      double& i = out.gates.at(row, j);
      double& f = out.gates.at(row, hidden + j);
      double& g = out.gates.at(row, 2 * hidden + j);
      double& o = out.gates.at(row, 3 * hidden + j);
      i = logistic(i), f = logistic(f), g = std::tanh(g), o = logistic(o);
      const double c_prev = first ? 0 : out.c.at(row - batch, j);
      out.c.at(row, j) = f * c_prev + i * g;
      out.h.at(row, j) = o * std::tanh(out.c.at(row, j));
    }
  }
  return out;
}

Matrix lstm_backward(const Matrix& x, const LstmWeights& w, const LstmTrace& trace, const Matrix& dh_above,
                     std::size_t batch, const LstmGradients& gradients) {
  const std::size_t hidden = trace.h.cols;
  Matrix dx(x.rows, x.cols), dh = dh_above, dc(x.rows, hidden), da(x.rows, 4 * hidden);
  for (std::size_t row = x.rows; row-- > 0;) {
    const bool first = row < batch;
    for (std::size_t j = 0; j < hidden; ++j) {
      const double i = trace.gates.at(row, j), f = trace.gates.at(row, hidden + j);
      const double g = trace.gates.at(row, 2 * hidden + j), o = trace.gates.at(row, 3 * hidden + j);
      const double tc = std::tanh(trace.c.at(row, j)), c_prev = first ? 0 : trace.c.at(row - batch, j);
      const double d = dc.at(row, j) + dh.at(row, j) * o * (1 - tc * tc);
      da.at(row, j) = d * g * i * (1 - i);
      da.at(row, hidden + j) = d * c_prev * f * (1 - f);
      da.at(row, 2 * hidden + j) = d * i * (1 - g * g);
      da.at(row, 3 * hidden + j) = dh.at(row, j) * tc * o * (1 - o);
      if (!first) dc.at(row - batch, j) += d * f;
    }
    for (std::size_t n = 0; n < 4 * hidden; ++n) {
      const double d = da.at(row, n);
      gradients.bias_ih[n] += d;
      gradients.bias_hh[n] += d;
      for (std::size_t k = 0; k < x.cols; ++k) {
        gradients.ih[n * x.cols + k] += d * x.at(row, k);
        dx.at(row, k) += d * w.ih[n * x.cols + k];
      }
      for (std::size_t k = 0; !first && k < hidden; ++k) {
        gradients.hh[n * hidden + k] += d * trace.h.at(row - batch, k);
        dh.at(row - batch, k) += d * w.hh[n * hidden + k];
      }
    }
  }
  return dx;
}

}  // namespace trainer::reference
