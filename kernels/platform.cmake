# Device code, for the GPU and for the emulator, from one list of sources.
#   kernels_emulated  always: the .cu files as C++, on the emulator; AFFETTO_EMULATED is defined for who links it
#   kernels_cuda      where there is a toolkit: the same files by nvcc, and the runtime on CUDA

# affetto_nvcc_options(target): how .cu files of the target are compiled.
function(affetto_nvcc_options target)
  # CMake 3.25 drops CUDA_STANDARD 20 silently with nvcc 13, hence the flag.
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:-std=c++20 -Werror=all-warnings>)
  set_target_properties(${target} PROPERTIES CUDA_STANDARD_REQUIRED OFF)
endfunction()

# affetto_device_sources(file...): adds .cu files to both.
function(affetto_device_sources)
  foreach(file IN LISTS ARGN)
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
    target_sources(kernels_emulated PRIVATE ${file})
    set_source_files_properties(${file} TARGET_DIRECTORY kernels_emulated PROPERTIES LANGUAGE CXX)
    if(AFFETTO_HAVE_CUDA)
      target_sources(kernels_cuda PRIVATE ${file})
    endif()
  endforeach()
endfunction()

if(AFFETTO_HAVE_CUDA)
  add_library(kernels_cuda STATIC
    runtime/product.cpp runtime/stream.cpp runtime/cuda/buffer.cpp runtime/cuda/check.cpp runtime/cuda/cublas.cpp
    runtime/cuda/device.cpp runtime/cuda/graph.cpp
    runtime/cuda/launch_config.cpp runtime/cuda/product.cpp runtime/cuda/stream.cpp)
  target_link_libraries(kernels_cuda PUBLIC project_options CUDA::cudart_static ${CMAKE_DL_LIBS})
  # cuBLAS is opened at run time; where this build's own is helps on machines whose loader does not know it.
  set_source_files_properties(runtime/cuda/cublas.cpp TARGET_DIRECTORY kernels_cuda
    PROPERTIES COMPILE_DEFINITIONS AFFETTO_CUDA_LIBRARIES="${CUDAToolkit_LIBRARY_DIR}")
  # Which GPUs its device code is for; a definition has no room for a list's semicolons.
  string(REPLACE ";" "," architectures "${CMAKE_CUDA_ARCHITECTURES}")
  set_source_files_properties(runtime/cuda/device.cpp TARGET_DIRECTORY kernels_cuda
    PROPERTIES COMPILE_DEFINITIONS AFFETTO_CUDA_ARCHITECTURES="${architectures}")
  affetto_nvcc_options(kernels_cuda)
endif()
