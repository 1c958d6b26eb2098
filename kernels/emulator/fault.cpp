#include "kernels/emulator/fault.h"

#include "kernels/emulator/machine.h"

namespace kernels::emulator {

void trap(const char* message, unsigned code, const Site& site) { machine->fail(site, "%s (code %u)", message, code); }
void interleave() { machine->yield_now_and_then(); }

}  // namespace kernels::emulator
