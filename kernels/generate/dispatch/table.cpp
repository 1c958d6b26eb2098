#include "kernels/generate/dispatch/table.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/generate/dispatch/tables/all.h"

namespace kernels {
namespace {

std::string tile_text(TileChoice tile) {
  return tile == TileChoice::few ? "few" : tile == TileChoice::many ? "many" : "wide";
}

}  // namespace

std::string text_of(const Way& way) {
  std::string text = name_of(way.fusion);
  if (way.pieces != 0) text += ", " + std::to_string(way.pieces) + " pieces";
  if (way.cluster != 0) text += ", " + std::to_string(way.cluster) + (way.cluster == 1 ? " block" : " blocks");
  if (way.tile != TileChoice::by_rows) text += ", tile " + tile_text(way.tile);
  return text;
}

NetworkClass class_of(const NetworkView& network, Precision precision) {
  NetworkClass found{precision, network.layer_count, 0, network.carry ? 0 : network.window};
  for (int l = 0; l < network.layer_count; ++l) found.hidden = std::max(found.hidden, network.layers[l].hidden);
  return found;
}

std::string text_of(const NetworkClass& network) {
  return std::string(name_of(network.precision)) + ", " + std::to_string(network.layers) + " x " +
         std::to_string(network.hidden) +
         (network.window == 0 ? ", carried state" : ", window " + std::to_string(network.window));
}

double distance(const NetworkClass& a, const NetworkClass& b) {
  if (a.precision != b.precision || (a.window == 0) != (b.window == 0)) return std::numeric_limits<double>::infinity();
  const auto weights = [](const NetworkClass& c) { return std::log2(double(c.layers) * c.hidden * c.hidden); };
  const auto window = [](const NetworkClass& c) { return c.window == 0 ? 0 : std::log2(double(c.window)); };
  return std::fabs(weights(a) - weights(b)) + std::fabs(window(a) - window(b));
}

std::span<const TunedTable> tuned_tables() { return kTunedTables; }

const TunedTable* table_of(const DeviceInfo& device, std::span<const TunedTable> tables) {
  const int capability = 10 * device.capability_major + device.capability_minor;
  const auto found = std::find_if(tables.begin(), tables.end(), [&](const TunedTable& table) {
    return device.name == table.gpu && device.multiprocessors == table.multiprocessors &&
           capability == table.capability;
  });
  return found == tables.end() ? nullptr : &*found;
}

std::string text_of(const TunedTable* table) {
  if (table == nullptr) return "no table for this GPU; portable choice, by estimate";
  if (!table->measured) return std::string("table for ") + table->gpu + ": estimated, not measured";
  return std::string("table for ") + table->gpu + ": measured " + table->date + ", driver " + table->driver + ", " +
         (table->clock_mhz > 0 ? std::to_string(table->clock_mhz) : "unknown") + " MHz, commit " + table->commit;
}

}  // namespace kernels
