# The packed float32 path.
add_library(engine_cpu STATIC
  generate/cpu/chooser.cpp
  generate/cpu/decoder.cpp
  generate/cpu/network.cpp
  generate/cpu/piece.cpp
  generate/cpu/plan.cpp
  generate/cpu/predictor.cpp
  generate/cpu/stepper.cpp)
target_link_libraries(engine_cpu PUBLIC engine kernels_cpu_step project_options)
