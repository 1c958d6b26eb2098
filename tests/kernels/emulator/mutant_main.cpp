// Runs one mutant under one schedule: mutant KERNEL NUMBER SCHEDULE. Under the race detector a report makes the exit
// code 66, whatever else happened. Else 0: it ran; 3: it was a fault.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "kernels/emulator/machine.h"
#include "kernels/emulator/schedule.h"
#include "tests/kernels/emulator/mutants.h"

int main(int count, char** arguments) {
  if (count != 4) {
    std::fputs("usage: emulator_mutant KERNEL NUMBER SCHEDULE, such as lstm 3 warp:late:7\n", stderr);
    return 2;
  }
  try {
    const kernels::emulator::ScheduleScope scope(kernels::emulator::parse_schedule(arguments[3]));
    kernels::run_mutant({arguments[1], std::atoi(arguments[2]), "", false, false, false});
  } catch (const kernels::emulator::KernelFault& fault) {
    std::fprintf(stderr, "%s\n", fault.what());
    return 3;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  }
  return 0;
}
