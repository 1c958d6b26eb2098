# The packed float32 path against the reference and against itself.
affetto_test(cpu_decoder_test
  SOURCES cpu_decoder_test.cpp cpu_predictor_test.cpp
  LIBS engine_cpu)
