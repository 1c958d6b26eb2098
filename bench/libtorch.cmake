# LibTorch, if there, from the first of these that has it: a release named by Torch_DIR (its C++11 ABI build, with or
# without CUDA), the PyTorch of python3, the distribution's libtorch-dev (CPU only). Headers and libraries are enough;
# LibTorch's own CMake packages ask for far more than that.
option(AFFETTO_BENCH_LIBTORCH "Compare with LibTorch where it is found" ON)
set(AFFETTO_LIBTORCH OFF)
set(AFFETTO_LIBTORCH_CUDA OFF)

# The folder with include/ and lib/ that python3 would take its torch from; empty where it has none.
function(affetto_python_torch out)
  find_program(AFFETTO_TORCH_PYTHON python3)
  set(prefix "")
  if(AFFETTO_TORCH_PYTHON)
    execute_process(
      COMMAND ${AFFETTO_TORCH_PYTHON} -c "import torch; print(torch.utils.cmake_prefix_path)"
      OUTPUT_VARIABLE prefix OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  if(prefix)
    cmake_path(SET root NORMALIZE "${prefix}/../..")
    set(${out} ${root} PARENT_SCOPE)
  else()
    set(${out} "" PARENT_SCOPE)
  endif()
endfunction()

if(AFFETTO_BENCH_LIBTORCH)
  set(torch_root "")
  if(Torch_DIR)
    cmake_path(SET torch_root NORMALIZE "${Torch_DIR}/../../..")
    if(NOT EXISTS ${torch_root}/include/torch)
      message(FATAL_ERROR "Torch_DIR = ${Torch_DIR}: there is no ${torch_root}/include/torch; it shall end in share/cmake/Torch")
    endif()
  elseif(NOT LIBTORCH_INCLUDE)
    affetto_python_torch(torch_root)
  endif()
  find_path(LIBTORCH_INCLUDE torch/torch.h HINTS ${torch_root}/include/torch/csrc/api/include
    PATH_SUFFIXES torch/csrc/api/include)
  foreach(part torch torch_cpu c10 torch_cuda c10_cuda)
    string(TOUPPER LIBTORCH_${part} variable)
    find_library(${variable} ${part} HINTS ${torch_root}/lib)
  endforeach()
  if(LIBTORCH_INCLUDE AND LIBTORCH_TORCH AND LIBTORCH_TORCH_CPU AND LIBTORCH_C10)
    set(AFFETTO_LIBTORCH ON)
    cmake_path(SET outer NORMALIZE "${LIBTORCH_INCLUDE}/../../../..")
    set(AFFETTO_LIBTORCH_INCLUDES ${LIBTORCH_INCLUDE} ${outer})
    set(AFFETTO_LIBTORCH_LIBRARIES ${LIBTORCH_TORCH} ${LIBTORCH_TORCH_CPU} ${LIBTORCH_C10})
    if(LIBTORCH_TORCH_CUDA AND LIBTORCH_C10_CUDA AND AFFETTO_HAVE_CUDA)
      set(AFFETTO_LIBTORCH_CUDA ON)
      # Its own libraries of CUDA lie where only its run path leads, and nothing else may drop torch_cuda.
      list(PREPEND AFFETTO_LIBTORCH_LIBRARIES -Wl,--allow-shlib-undefined -Wl,--no-as-needed ${LIBTORCH_TORCH_CUDA}
        ${LIBTORCH_C10_CUDA})
      list(APPEND AFFETTO_LIBTORCH_LIBRARIES CUDA::cudart_static)
    endif()
  endif()
endif()

set(AFFETTO_LIBTORCH_SOURCES baselines/libtorch_absent.cpp)
set(AFFETTO_LIBTORCH_FACE_SOURCES baselines/libtorch_face_absent.cpp)
if(AFFETTO_LIBTORCH)
  set(AFFETTO_LIBTORCH_FACE_SOURCES baselines/libtorch_face.cpp baselines/libtorch_face_device.cpp
    baselines/libtorch_face_device_training.cpp baselines/libtorch_face_layers.cpp baselines/libtorch_face_training.cpp
    baselines/libtorch_flat_adamw.cpp)
  set(AFFETTO_LIBTORCH_SOURCES baselines/libtorch.cpp baselines/libtorch_device.cpp baselines/libtorch_model.cpp
    baselines/libtorch_multinomial.cpp)
  if(AFFETTO_LIBTORCH_CUDA)
    list(APPEND AFFETTO_LIBTORCH_SOURCES baselines/libtorch_graph.cpp)
  else()
    list(APPEND AFFETTO_LIBTORCH_SOURCES baselines/libtorch_graph_absent.cpp)
  endif()
endif()
set(torch_note "the opponent of make bench (libtorch-dev, libopenblas0-openmp)")
if(AFFETTO_LIBTORCH_CUDA)
  set(torch_note "with CUDA: ${LIBTORCH_TORCH}")
endif()
affetto_row("LibTorch" ${AFFETTO_LIBTORCH} "${torch_note}")
