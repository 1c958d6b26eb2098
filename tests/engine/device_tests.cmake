# The GPU path's host half and kernels, on the emulator.
affetto_test(device_decoder_test
  SOURCES device_decoder_test.cpp
  LIBS engine_device)
