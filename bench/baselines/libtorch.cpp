#include "bench/baselines/libtorch.h"

#include <dlfcn.h>
#include <link.h>
#include <torch/torch.h>
#include <torch/version.h>

#include <filesystem>
#include <stdexcept>

#include "bench/baselines/libtorch_model.h"

namespace bench::libtorch {
namespace {

using engine::Note;
using torch::Tensor;

// Generation ---------------------------------------------------------------------------------------------------------

/// [B] notes as an input row each, [B, 3].
Tensor rows_of(std::span<const Note> notes, float pitch_scale) {
  Tensor rows = torch::empty({static_cast<std::int64_t>(notes.size()), 3});
  float* out = rows.data_ptr<float>();
  for (const Note& note : notes) {
    *out++ = static_cast<float>(note.pitch) * pitch_scale;
    *out++ = note.step_s;
    *out++ = note.duration_s;
  }
  return rows;
}

/// What the three forms share; a form says how the network's state takes a note, and what the heads read.
class Base : public Generator {
 public:
  Base(const engine::Model& model, int batch) : network_(model), batch_(batch) { network_->eval(); }

  void prime(std::span<const std::vector<Note>> primers) override {
    torch::InferenceMode guard;
    const auto length = static_cast<std::int64_t>(primers[0].size());
    Tensor notes = torch::empty({length, batch_, 3});
    for (int b = 0; b < batch_; ++b) notes.select(1, b).copy_(rows_of(primers[b], network_->pitch_scale));
    begin(notes);
  }

  void generate(int notes, std::span<const float> u, std::span<Note> out) override {
    torch::InferenceMode guard;
    const Tensor draws = torch::from_blob(const_cast<float*>(u.data()), {notes, batch_, 1}, torch::kFloat32);
    Tensor written = torch::empty({notes, batch_, 3});
    for (int n = 0; n < notes; ++n) {
      const Tensor y = network_->heads->forward(top());
      const Tensor cdf = torch::softmax(y.narrow(1, 0, network_->candidates), 1).cumsum(1);
      const Tensor pitch = torch::searchsorted(cdf, draws[n]).clamp_max_(network_->candidates - 1);
      Tensor row = written[n];
      row.select(1, kPitch).copy_(pitch.select(1, 0));
      row.narrow(1, kStep, 2).copy_(y.narrow(1, network_->candidates, 2).clamp_min(0));
      Tensor x = row.clone();
      x.select(1, kPitch).mul_(network_->pitch_scale);
      take(x);
    }
    const float* from = written.data_ptr<float>();
    for (Note& note : out.first(static_cast<std::size_t>(notes) * static_cast<std::size_t>(batch_))) {
      note = {.step_s = from[kStep], .duration_s = from[kDuration], .pitch = static_cast<std::uint8_t>(from[kPitch])};
      from += 3;
    }
  }

  std::vector<float> follow(int steps, std::span<const Note> notes) override {
    torch::InferenceMode guard;
    std::vector<float> outputs;
    const auto batch = static_cast<std::size_t>(batch_);
    for (std::size_t n = 0; n < static_cast<std::size_t>(steps); ++n) {
      const Tensor y = network_->heads->forward(top()).contiguous();
      outputs.insert(outputs.end(), y.data_ptr<float>(), y.data_ptr<float>() + y.numel());
      take(rows_of(notes.subspan(n * batch, batch), network_->pitch_scale));
    }
    return outputs;
  }

 protected:
  virtual void begin(const Tensor& notes) = 0;  ///< [length, B, 3]
  virtual void take(const Tensor& x) = 0;       ///< [B, 3]
  virtual Tensor top() = 0;                     ///< [B, H] what the heads read

  Network network_;
  const std::int64_t batch_;
};

class WindowGenerator final : public Base {
  using Base::Base;
  void begin(const Tensor& notes) override {
    window_ = notes.narrow(0, notes.size(0) - network_->window, network_->window).clone();
  }
  void take(const Tensor& x) override {
    window_ = torch::cat({window_.narrow(0, 1, network_->window - 1), x.unsqueeze(0)}, 0);
  }
  Tensor top() override { return std::get<0>(network_->lstm->forward(window_)).select(0, network_->window - 1); }

  Tensor window_;  // [W, B, 3] oldest first
};

class CarryGenerator final : public Base {
  using Base::Base;
  void begin(const Tensor& notes) override { advance(std::get<1>(network_->lstm->forward(notes))); }
  void take(const Tensor& x) override {
    advance(std::get<1>(network_->lstm->forward(x.unsqueeze(0), std::make_tuple(h_, c_))));
  }
  Tensor top() override { return h_.select(0, network_->layers - 1); }
  void advance(const std::tuple<Tensor, Tensor>& state) { std::tie(h_, c_) = state; }

  Tensor h_, c_;  // [L, B, H]
};

class StaggeredGenerator final : public Base {
  using Base::Base;
  void begin(const Tensor& notes) override {
    const auto window = network_->window;
    h_ = torch::zeros({network_->layers, window * batch_, network_->hidden});
    c_ = torch::zeros_like(h_);
    oldest_ = 0;
    for (std::int64_t t = notes.size(0) - window; t < notes.size(0); ++t) take(notes[t]);
  }
  void take(const Tensor& x) override {
    // The column that was read last starts again, so that after this note the next one holds exactly W notes.
    for (Tensor* state : {&h_, &c_}) state->narrow(1, oldest_ * batch_, batch_).zero_();
    oldest_ = (oldest_ + 1) % network_->window;
    const Tensor columns = x.unsqueeze(0).expand({network_->window, batch_, 3}).reshape({1, -1, 3});
    std::tie(h_, c_) = std::get<1>(network_->lstm->forward(columns, std::make_tuple(h_, c_)));
  }
  Tensor top() override { return h_.select(0, network_->layers - 1).narrow(0, oldest_ * batch_, batch_); }

  Tensor h_, c_;  // [L, W * B, H]
  std::int64_t oldest_ = 0;
};

// Training -----------------------------------------------------------------------------------------------------------

class AutogradTrainer final : public Trainer {
 public:
  AutogradTrainer(const engine::Model& model, const TrainerOptions& options)
      : network_(model),
        spec_(model.spec),
        options_(options),
        adam_(network_->parameters(), torch::optim::AdamOptions(options.learning_rate)) {}

  std::size_t add_batch(const trainer::Batch& batch) override {
    const auto field = [&](const std::array<std::vector<float>, 3>& from, int f) {
      return torch::from_blob(const_cast<float*>(from[f].data()), {batch.steps, batch.batch}, torch::kFloat32);
    };
    const std::int64_t first = batch.first_loss_step, rest = batch.steps - first;
    const auto target = [&](int f) { return field(batch.targets, f).narrow(0, first, rest).reshape({-1}).clone(); };
    batches_.push_back({torch::stack({field(batch.inputs, kPitch) * network_->pitch_scale, field(batch.inputs, kStep),
                                      field(batch.inputs, kDuration)},
                                     2),
                        target(kPitch).to(torch::kInt64), target(kStep), target(kDuration), first});
    return batches_.size() - 1;
  }

  std::map<std::string, engine::Tensor> gradients(std::size_t batch) override {
    adam_.zero_grad();
    loss(batches_[batch]).backward();
    std::map<std::string, engine::Tensor> all;
    for (const auto& item : network_->lstm->named_parameters()) keep(all, "lstm." + item.key(), item.value().grad());
    std::int64_t row = 0;
    for (const engine::HeadSpec& head : spec_.heads) {
      keep(all, head.name + "_head.weight", network_->heads->weight.grad().narrow(0, row, head.size));
      keep(all, head.name + "_head.bias", network_->heads->bias.grad().narrow(0, row, head.size));
      row += head.size;
    }
    return all;
  }

  double iterate(std::size_t batch) override {
    adam_.zero_grad();
    const Tensor value = loss(batches_[batch]);
    value.backward();
    torch::nn::utils::clip_grad_norm_(network_->parameters(), options_.clip_norm);
    adam_.step();
    return value.item<double>();
  }

 private:
  struct Tensors {
    Tensor x, pitch, step, duration;
    std::int64_t first_loss_step;
  };

  Tensor loss(const Tensors& batch) {
    const Tensor h = std::get<0>(network_->lstm->forward(batch.x));
    const std::int64_t rest = h.size(0) - batch.first_loss_step;
    const Tensor y = network_->heads->forward(h.narrow(0, batch.first_loss_step, rest).reshape({-1, network_->hidden}));
    const std::int64_t candidates = network_->candidates;
    const Tensor pitch = torch::nn::functional::cross_entropy(y.narrow(1, 0, candidates), batch.pitch);
    return spec_.heads[kPitch].loss_weight * pitch +
           spec_.heads[kStep].loss_weight * non_negative(y.select(1, candidates), batch.step) +
           spec_.heads[kDuration].loss_weight * non_negative(y.select(1, candidates + 1), batch.duration);
  }
  static Tensor non_negative(const Tensor& y, const Tensor& target) {
    return torch::mse_loss(y, target) + 10 * torch::relu(-y).mean();
  }
  static void keep(std::map<std::string, engine::Tensor>& all, const std::string& name, const Tensor& gradient) {
    const Tensor g = gradient.contiguous();
    all[name] = {g.sizes().vec(), std::vector<float>(g.data_ptr<float>(), g.data_ptr<float>() + g.numel())};
  }

  Network network_;
  engine::ModelSpec spec_;
  TrainerOptions options_;
  torch::optim::Adam adam_;
  std::vector<Tensors> batches_;
};

// Facts --------------------------------------------------------------------------------------------------------------

std::string loaded_blas() {
  std::string names;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* out) {
        const std::filesystem::path path(info->dlpi_name);
        if (path.filename().string().find("blas") == std::string::npos) return 0;
        std::error_code error;
        const auto real = std::filesystem::canonical(path, error);
        auto& text = *static_cast<std::string*>(out);
        text += (text.empty() ? "" : ", ") + (error ? path : real).string();
        return 0;
      },
      &names);
  return names;
}

/// The configuration of the matrix product library, where it is OpenBLAS: a function of its own says so.
std::string blas_name() {
  using Text = char* (*)();
  const auto config = reinterpret_cast<Text>(dlsym(RTLD_DEFAULT, "openblas_get_config"));
  return config == nullptr ? "not OpenBLAS (the reference library is many times slower)" : config();
}

std::string line_of(const std::string& text, const std::string& key) {
  const std::size_t at = text.find(key);
  if (at == std::string::npos) return "unknown";
  const std::size_t begin = at + key.size();
  return text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace

bool available() { return true; }

std::map<std::string, std::string> facts() {
  return {{"libtorch", TORCH_VERSION},
          {"libtorch_simd", line_of(at::show_config(), "CPU capability usage: ")},
          {"blas", blas_name()},
          {"blas_files", loaded_blas()}};
}

void set_threads(int threads) { at::set_num_threads(threads); }

std::unique_ptr<Generator> make_generator(const engine::Model& model, Form form, int batch) {
  if (form == Form::window) return std::make_unique<WindowGenerator>(model, batch);
  if (form == Form::carry) return std::make_unique<CarryGenerator>(model, batch);
  return std::make_unique<StaggeredGenerator>(model, batch);
}

std::unique_ptr<Trainer> make_trainer(const engine::Model& model, const TrainerOptions& options) {
  return std::make_unique<AutogradTrainer>(model, options);
}

}  // namespace bench::libtorch
