# Compiler flags, speed-ups of the build itself, and where the outputs go.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(INGOT_WERROR "Treat warnings as errors" OFF)
set(INGOT_SANITIZE "" CACHE STRING "Sanitizers to build with, e.g. address,undefined")
option(INGOT_FUZZ "Build the fuzz targets (tests/fuzz, clang) and nothing else" OFF)

# No debug information in a release: it would cost a good part of the compile time. debug-asan has it.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

# Designated initialisers leave the rest at their defaults on purpose.
add_compile_options(-Wall -Wextra -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
  # It warns of functions that return references into what they were given by reference.
  add_compile_options(-Wno-dangling-reference)
endif()
# Of a newer GCC than the one that Ingot is written with, new warnings stop nobody's build.
if(INGOT_WERROR AND NOT (CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13))
  add_compile_options(-Werror)
endif()
if(INGOT_SANITIZE)
  add_compile_options(-fsanitize=${INGOT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${INGOT_SANITIZE})
endif()
if(INGOT_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# A library that forgets what it needs fails at its own link, not at its first use.
# A Python module finds the interpreter's symbols in the process that imports it.
add_link_options($<$<NOT:$<IN_LIST:$<TARGET_PROPERTY:NAME>,ingot_python$<SEMICOLON>ingot_python_calibration>>:LINKER:--no-undefined>)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The base directory lets two checkouts share results.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()
# A changed library does not make the programs that load it link again.
set(CMAKE_LINK_DEPENDS_NO_SHARED ON)

# Everything finds its libraries beside itself, so that a build folder can be moved or packed.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)

# Generated headers and tables, laid out like the sources: include "core/plan/plan_generated.h".
set(INGOT_GENERATED_DIR ${CMAKE_BINARY_DIR}/generated)
