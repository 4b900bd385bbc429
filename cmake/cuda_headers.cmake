# Headers of CUDA, cuDNN and cuBLASLt: in INGOT_CUDA_INCLUDE (a list of folders), in a toolkit, or in the include
# folders of NVIDIA's wheels in .venv. Nothing of NVIDIA's is linked; what has no headers is not built, and the backend
# says so. Sets INGOT_HAVE_CUDA, INGOT_HAVE_CUDNN, INGOT_HAVE_CUBLASLT and the target ingot_cuda_headers.
option(INGOT_CUDA "Use CUDA's headers where they are found; OFF builds without GPUs" ON)
set(INGOT_CUDA_INCLUDE "" CACHE STRING "Folders with cuda.h, cudnn.h, cublasLt.h")
file(GLOB toolkits /usr/local/cuda/include /usr/local/cuda-*/include)
file(GLOB wheels ${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/nvidia/*/include)

add_library(ingot_cuda_headers INTERFACE)
foreach(pair CUDA:cuda.h CUDA_RUNTIME:cuda_runtime_api.h CUDNN:cudnn.h CUBLASLT:cublasLt.h)
  string(REPLACE ":" ";" pair ${pair})
  list(GET pair 0 name)
  list(GET pair 1 header)
  # Folders are searched in this order only, so that all headers come from one place if it has them all.
  find_path(INGOT_${name}_HEADER ${header} PATHS ${INGOT_CUDA_INCLUDE} ${toolkits} ${wheels} NO_DEFAULT_PATH)
  mark_as_advanced(INGOT_${name}_HEADER)
  if(INGOT_${name}_HEADER AND INGOT_CUDA)
    set(INGOT_HAVE_${name} ON)
    target_include_directories(ingot_cuda_headers SYSTEM INTERFACE ${INGOT_${name}_HEADER})
  else()
    set(INGOT_HAVE_${name} OFF)
  endif()
endforeach()
# cudnn.h and cublasLt.h include the runtime's headers.
if(NOT INGOT_HAVE_CUDA_RUNTIME)
  set(INGOT_HAVE_CUDNN OFF)
  set(INGOT_HAVE_CUBLASLT OFF)
endif()
