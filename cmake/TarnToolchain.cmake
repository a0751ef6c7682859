# Flags that every target of this project gets.
find_program(TARN_CCACHE ccache)
if(TARN_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${TARN_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${TARN_CCACHE})
endif()
find_program(TARN_MOLD mold)
if(TARN_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wnon-virtual-dtor)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wthread-safety)
else()
  # g++ reports shadowing, maybe-uninitialized and linkage of coroutine frames that it made up itself.
  add_compile_options(-Wno-shadow -Wno-maybe-uninitialized -Wno-missing-field-initializers -Wno-subobject-linkage -fcoroutines)
endif()
if(TARN_WERROR)
  add_compile_options(-Werror)
endif()
if(TARN_SANITIZE)
  add_compile_options(-fsanitize=${TARN_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TARN_SANITIZE})
  if(TARN_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()
if(TARN_FUZZ)
  # Libraries too, or the fuzzer is blind below its own file.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
# Line tables are enough for stacks and profiles, and halve link time.
string(REPLACE "-g" "-g1" CMAKE_CXX_FLAGS_DEBUG "${CMAKE_CXX_FLAGS_DEBUG}")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
add_compile_definitions(
  BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_SEPARATE_COMPILATION
  BOOST_BEAST_SEPARATE_COMPILATION
  TARN_VERSION="${PROJECT_VERSION}")
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_definitions(TARN_FAULT_POINTS=1)
endif()
find_package(Python3 REQUIRED COMPONENTS Interpreter)
