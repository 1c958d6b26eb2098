#include "bench/baselines/libtorch_device.h"

#include <torch/torch.h>

#include <cmath>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "bench/baselines/libtorch_graph.h"
#include "bench/baselines/libtorch_model.h"

namespace bench::libtorch {
namespace {

using engine::Note;
using torch::Tensor;

/// The LSTM layers: one nn.LSTM of L layers, or L of one layer in fp16 with everything padded to what cuDNN's
/// persistent kernels ask for.
class Layers {
 public:
  Layers(const Network& network, bool strong, torch::Device device)
      : strong_(strong),
        type_(strong && device.is_cuda() ? torch::kFloat16 : torch::kFloat32),
        layers_(network->layers) {
    if (strong) {
      split(network);
    } else {
      modules_.push_back(network->lstm);
    }
    for (auto& module : modules_) {
      module->to(device, type_);
      module->eval();
      module->flatten_parameters();  // else the weights are packed anew at every call
    }
  }

  torch::ScalarType type() const { return type_; }
  std::int64_t padded(std::int64_t batch) const { return strong_ ? (batch + 7) / 8 * 8 : batch; }

  /// @param x      [T, B, 3] @param state  h and c, [L, padded B, H]; empty tensors start from zero
  /// @return       outputs [T, padded B, H]; the state after them
  std::pair<Tensor, std::pair<Tensor, Tensor>> run(const Tensor& x, const Tensor& h, const Tensor& c) {
    if (!strong_) {
      auto [y, state] = h.defined() ? modules_[0]->forward(x, std::make_tuple(h, c)) : modules_[0]->forward(x);
      return {y, {std::get<0>(state), std::get<1>(state)}};
    }
    namespace F = torch::nn::functional;
    const std::int64_t batch = padded(x.size(1));
    Tensor y = F::pad(x.to(type_), F::PadFuncOptions({0, kInputs - 3, 0, batch - x.size(1)}));
    std::vector<Tensor> last_h, last_c;
    for (std::int64_t l = 0; l < layers_; ++l) {
      auto [out, state] = h.defined() ? modules_[l]->forward(y, std::make_tuple(h.narrow(0, l, 1), c.narrow(0, l, 1)))
                                      : modules_[l]->forward(y);
      y = out;
      last_h.push_back(std::get<0>(state));
      last_c.push_back(std::get<1>(state));
    }
    return {y, {torch::cat(last_h, 0), torch::cat(last_c, 0)}};
  }

 private:
  static constexpr std::int64_t kInputs = 128;  // columns of the first layer, three of them real

  void split(const Network& network) {
    torch::NoGradGuard guard;
    const auto from = network->lstm->named_parameters();
    for (int l = 0; l < network->layers; ++l) {
      const std::int64_t below = l == 0 ? kInputs : network->hidden;
      torch::nn::LSTM layer(torch::nn::LSTMOptions(below, network->hidden));
      for (auto& item : layer->named_parameters()) {
        const std::string name = item.key().substr(0, item.key().size() - 1) + std::to_string(l);  // weight_ih_l0
        const Tensor weight = from[name];
        Tensor to = item.value();
        to.zero_();
        if (weight.dim() == 2) to = to.narrow(1, 0, weight.size(1));
        to.copy_(weight);
      }
      modules_.push_back(layer);
    }
  }

  bool strong_;
  torch::ScalarType type_;
  std::int64_t layers_;
  std::vector<torch::nn::LSTM> modules_;
};

/// The emotion score of every candidate from sums over the window, as tensor operations (semantics.md).
class Encloser {
 public:
  Encloser(const engine::Clusters& clusters, std::int64_t candidates, torch::Device device) {
    const auto row = [&](const engine::Features& from, int first, int count) {
      Tensor values = torch::empty({count});
      for (int f = 0; f < count; ++f) values[f] = static_cast<float>(from[first + f]);
      return values.to(device);
    };
    for (const engine::Features* centre : {&clusters.happy, &clusters.sad}) {
      six_.push_back(row(*centre, 0, 6).view({1, 1, 6}));
      pitch_.push_back(row(*centre, 6, 3).view({3, 1, 1}));
    }
    mean6_ = row(clusters.mean, 0, 6), inverse6_ = 1 / row(clusters.deviation, 0, 6);
    mean3_ = row(clusters.mean, 6, 3).view({3, 1, 1}), inverse3_ = 1 / row(clusters.deviation, 6, 3).view({3, 1, 1});
    candidates_ = torch::arange(candidates, torch::kFloat32).to(device).unsqueeze(0);
  }

  /// @param history  [W, B, 3] pitch in MIDI numbers, step, duration @param next  [B, 2] @return [B, V]
  Tensor score(const Tensor& history, const Tensor& next) const {
    const double n = static_cast<double>(history.size(0)) + 1;
    const Tensor times = torch::cat({history.narrow(2, 1, 2), next.unsqueeze(0)}, 0);  // [W + 1, B, 2]
    const Tensor spread = torch::stack({times.mean(0), times.amax(0), times.std(0, /*unbiased=*/false)}, 2);
    const Tensor six = (spread.reshape({-1, 6}) - mean6_) * inverse6_;  // [B, 6]

    const Tensor pitch = history.select(2, 0) - kOrigin;  // [W, B]
    const Tensor q = candidates_ - kOrigin;
    const Tensor mean = (pitch.sum(0).unsqueeze(1) + q) / n;
    const Tensor squares = ((pitch * pitch).sum(0).unsqueeze(1) + q * q) / n;
    const Tensor highest = torch::maximum(pitch.amax(0).unsqueeze(1), q);
    const Tensor deviation = (squares - mean * mean).clamp_min(0).sqrt();
    const Tensor three = torch::stack({mean + kOrigin, highest + kOrigin, deviation});  // [3, B, V]
    const Tensor scaled = (three - mean3_) * inverse3_;
    return torch::sigmoid(distance(six, scaled, 1) - distance(six, scaled, 0));
  }

 private:
  static constexpr double kOrigin = 64;  // keeps the sums of squares small

  Tensor distance(const Tensor& six, const Tensor& three, std::size_t centre) const {
    const Tensor shared = (six - six_[centre].view({1, 6})).square().sum(1, /*keepdim=*/true);  // [B, 1]
    return (shared + (three - pitch_[centre]).square().sum(0)).sqrt();
  }

  std::vector<Tensor> six_, pitch_;  ///< of happy, of sad
  Tensor mean6_, inverse6_, mean3_, inverse3_, candidates_;
};

/// Everything is kept in tensors that stay in place, so that a graph of it can be replayed.
class Generation final : public DeviceGenerator {
 public:
  Generation(const engine::Model& model, Form form, Variant variant, int batch, const Blend& blend, Place place)
      : device_(place == Place::gpu ? torch::kCUDA : torch::kCPU),
        form_(form),
        variant_(variant),
        blend_(blend),
        batch_(batch),
        network_(model),
        layers_(network_, variant == Variant::strong_fp16, device_) {
    if (form == Form::staggered) throw std::invalid_argument("the GPU baseline has no staggered form");
    heads_ = network_->heads;
    heads_->to(device_, layers_.type());
    scale_ = torch::tensor({network_->pitch_scale, 1.0f, 1.0f}).to(device_);
    if (blend.encloser) encloser_ = std::make_unique<Encloser>(model.clusters.value(), network_->candidates, device_);
  }

  void prime(std::span<const std::vector<Note>> primers) override {
    torch::InferenceMode guard;
    allow_tf32();
    const auto length = static_cast<std::int64_t>(primers[0].size());
    Tensor notes = torch::empty({length, batch_, 3});
    for (std::int64_t b = 0; b < batch_; ++b) notes.select(1, b).copy_(raw_rows(primers[b]));
    notes = notes.to(device_);
    const Tensor recent = notes.narrow(0, length - network_->window, network_->window);
    if (encloser_) keep(history_, recent);
    if (form_ == Form::window) keep(window_, recent * scale_);
    if (form_ == Form::carry) set_state(layers_.run(notes * scale_, {}, {}).second);
  }

  void set_draws(int notes, std::span<const float> u) override {
    draws_ = torch::from_blob(const_cast<float*>(u.data()), {notes, batch_, 1}, torch::kFloat32).clone().to(device_);
    written_ = torch::empty({notes, batch_, 3}, device_);
  }

  void generate(int notes) override {
    torch::InferenceMode guard;
    allow_tf32();
    if (captures()) {
      replay(notes);
    } else {
      for (int n = 0; n < notes; ++n) step(draws_[n], written_[n]);
    }
    generated_ = notes;
    if (device_.is_cuda()) wait_for_gpu();
  }

  std::vector<Note> notes() override {
    const Tensor host = written_.narrow(0, 0, generated_).cpu().contiguous();
    std::vector<Note> all(static_cast<std::size_t>(generated_ * batch_));
    const float* from = host.data_ptr<float>();
    for (Note& note : all) {
      note = {.step_s = from[1], .duration_s = from[2], .pitch = static_cast<std::uint8_t>(from[0])};
      from += 3;
    }
    return all;
  }

  std::vector<float> follow(int steps, std::span<const Note> notes) override {
    torch::InferenceMode guard;
    allow_tf32();
    std::vector<float> outputs;
    const auto batch = static_cast<std::size_t>(batch_);
    for (std::size_t n = 0; n < static_cast<std::size_t>(steps); ++n) {
      const Tensor y = readout();
      const std::int64_t v = network_->candidates;
      Tensor first = blended(y);
      if (encloser_) first = torch::softmax(first, 1);
      const Tensor row = torch::cat({first, y.narrow(1, v, 2)}, 1).cpu().contiguous();
      outputs.insert(outputs.end(), row.data_ptr<float>(), row.data_ptr<float>() + row.numel());
      take(raw_rows(notes.subspan(n * batch, batch)).to(device_));
    }
    return outputs;
  }

 private:
  bool captures() const {
    return device_.is_cuda() && (variant_ == Variant::graph_tf32 || variant_ == Variant::strong_fp16);
  }
  void allow_tf32() const {
    const bool allowed = variant_ != Variant::eager_fp32;
    at::globalContext().setAllowTF32CuBLAS(allowed);
    at::globalContext().setAllowTF32CuDNN(allowed);
  }

  /// [B, 3] pitch in MIDI numbers, step, duration.
  static Tensor raw_rows(std::span<const Note> notes) {
    Tensor rows = torch::empty({static_cast<std::int64_t>(notes.size()), 3});
    float* out = rows.data_ptr<float>();
    for (const Note& note : notes) {
      *out++ = static_cast<float>(note.pitch);
      *out++ = note.step_s;
      *out++ = note.duration_s;
    }
    return rows;
  }
  /// In place where a graph reads it.
  void keep(Tensor& place, const Tensor& value) const {
    if (!captures()) {
      place = value;
    } else if (place.defined()) {
      place.copy_(value);
    } else {
      place = value.clone();
    }
  }
  /// The last W of them and one more. @param rows  [W, B, 3] @param row  [B, 3]
  static Tensor shifted(const Tensor& rows, const Tensor& row) {
    return torch::cat({rows.narrow(0, 1, rows.size(0) - 1), row.unsqueeze(0)}, 0);
  }
  void set_state(const std::pair<Tensor, Tensor>& state) {
    keep(h_, state.first);
    keep(c_, state.second);
  }

  /// [B, V + 2] logits, step and duration, fp32.
  Tensor readout() {
    const Tensor top = form_ == Form::carry ? h_.select(0, network_->layers - 1)
                                            : layers_.run(window_, {}, {}).first.select(0, network_->window - 1);
    return heads_->forward(top.narrow(0, 0, batch_)).to(torch::kFloat32);
  }
  Tensor blended(const Tensor& y) const {
    const std::int64_t v = network_->candidates;
    const Tensor logits = y.narrow(1, 0, v);
    if (!encloser_) return logits;
    const Tensor score = encloser_->score(history_, y.narrow(1, v, 2).clamp_min(0));
    return (blend_.alpha / blend_.temperature) * score + (blend_.beta / blend_.temperature) * logits;
  }
  /// @param note  [B, 3] raw
  void take(const Tensor& note) {
    if (encloser_) keep(history_, shifted(history_, note));
    const Tensor x = note * scale_;
    if (form_ == Form::window) {
      keep(window_, shifted(window_, x));
    } else {
      set_state(layers_.run(x.unsqueeze(0), h_, c_).second);
    }
  }
  /// One note of every piece. @param draw  [B, 1] @param out  [B, 3] raw
  void step(const Tensor& draw, Tensor out) {
    const std::int64_t v = network_->candidates;
    const Tensor y = readout();
    const Tensor cdf = torch::softmax(blended(y), 1).cumsum(1);
    const Tensor pitch = torch::searchsorted(cdf, draw).clamp_max(v - 1);
    out.narrow(1, 0, 1).copy_(pitch);
    out.narrow(1, 1, 2).copy_(y.narrow(1, v, 2).clamp_min(0));
    take(out);
  }
  void replay(int notes) {
    if (notes % kGraphNotes != 0) throw std::invalid_argument("a graph writes 16 notes at a time");
    if (!graph_) {
      keep(block_draws_, draws_.narrow(0, 0, kGraphNotes));
      keep(block_written_, written_.narrow(0, 0, kGraphNotes));
      std::vector<Tensor> before;  // warming up writes notes that do not count
      for (const Tensor* state : {&history_, &window_, &h_, &c_}) {
        before.push_back(state->defined() ? state->clone() : Tensor());
      }
      graph_ = capture([this] {
        for (int n = 0; n < kGraphNotes; ++n) step(block_draws_[n], block_written_[n]);
      });
      std::size_t i = 0;
      for (Tensor* state : {&history_, &window_, &h_, &c_}) {
        if (before[i].defined()) state->copy_(before[i]);
        ++i;
      }
    }
    for (int n = 0; n < notes; n += kGraphNotes) {
      block_draws_.copy_(draws_.narrow(0, n, kGraphNotes));
      graph_->replay();
      written_.narrow(0, n, kGraphNotes).copy_(block_written_);
    }
  }

  torch::Device device_;
  Form form_;
  Variant variant_;
  Blend blend_;
  std::int64_t batch_;
  Network network_;
  Layers layers_;
  torch::nn::Linear heads_{nullptr};
  std::unique_ptr<Encloser> encloser_;
  Tensor scale_;    // [3]
  Tensor history_;  // [W, B, 3] raw, oldest first; where the encloser reads it
  Tensor window_;   // [W, B, 3] as the network reads it; in the form window
  Tensor h_, c_;    // [L, padded B, H]
  Tensor draws_;    // [notes, B, 1]
  Tensor written_;  // [notes, B, 3] raw
  Tensor block_draws_, block_written_;
  std::int64_t generated_ = 0;
  std::unique_ptr<CapturedWork> graph_;
};

}  // namespace

std::string gpu_why_not() { return cuda_why_not(); }

std::unique_ptr<DeviceGenerator> make_device_generator(const engine::Model& model, Form form, Variant variant,
                                                       int batch, const Blend& blend, Place place) {
  return std::make_unique<Generation>(model, form, variant, batch, blend, place);
}

}  // namespace bench::libtorch
