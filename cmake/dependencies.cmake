# What Ingot links. scripts/setup.sh installs all of it: apt packages, and oneDNN into .deps/onednn.
list(APPEND CMAKE_PREFIX_PATH ${CMAKE_SOURCE_DIR}/.deps/onednn)

find_package(Threads REQUIRED)
find_package(fmt 9 REQUIRED)
find_library(XXHASH_LIBRARY xxhash REQUIRED)
find_path(PROTOZERO_INCLUDE_DIR protozero/pbf_reader.hpp REQUIRED)
find_path(FLATBUFFERS_INCLUDE_DIR flatbuffers/flatbuffers.h REQUIRED)
find_program(FLATC flatc REQUIRED)
find_package(GTest REQUIRED)
if(INGOT_FUZZ)
  return()  # core, ops and the importer need no more
endif()

find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(dnnl 3.2 CONFIG REQUIRED)
find_package(PNG REQUIRED)
find_package(ZLIB REQUIRED)
find_library(TURBOJPEG_LIBRARY turbojpeg REQUIRED)
find_path(TURBOJPEG_INCLUDE_DIR turbojpeg.h REQUIRED)

# oneDNN stands beside our own libraries, where $ORIGIN finds it.
get_target_property(dnnl_library DNNL::dnnl IMPORTED_LOCATION_RELEASE)
file(REAL_PATH ${dnnl_library} dnnl_library)
file(MAKE_DIRECTORY ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
file(CREATE_LINK ${dnnl_library} ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/libdnnl.so.3 SYMBOLIC)

# The Python binding is built where nanobind stands in .venv: python/CMakeLists.txt may use find_package(nanobind).
set(Python_EXECUTABLE ${CMAKE_SOURCE_DIR}/.venv/bin/python)
execute_process(
  COMMAND ${Python_EXECUTABLE} -c "import nanobind; print(nanobind.cmake_dir())"
  OUTPUT_VARIABLE nanobind_DIR OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
if(status EQUAL 0)
  find_package(Python 3.10 REQUIRED COMPONENTS Interpreter Development.Module)
  set(INGOT_PYTHON ON)
else()
  set(INGOT_PYTHON OFF)
endif()
