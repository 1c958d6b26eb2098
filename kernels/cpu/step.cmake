# Packed fused steps of generation, one table of functions per instruction set.
add_library(kernels_cpu_step STATIC draw.cpp packed.cpp step.cpp team.cpp)
affetto_isa_sources(kernels_cpu_step choose_step.cpp dense_step.cpp lstm_step.cpp step_table.cpp)
target_link_libraries(kernels_cpu_step PUBLIC kernels_isa project_options)
