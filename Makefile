# The two commands a newcomer needs: make demo, make test. The rest is for those who work on Affetto.
SHELL := /bin/bash
JOBS ?= $(shell nproc)
BUILD := build/release
AFFETTO := $(BUILD)/app/affetto

# What each target needs of the distribution (Debian 12 and Ubuntu 24.04 name them alike).
PACKAGES_BUILD := cmake ninja-build g++ nlohmann-json3-dev libcli11-dev libsndfile1-dev libfluidsynth-dev timgm6mb-soundfont libarchive-dev \
  libjpeg-dev libpng-dev libexif-dev libwebp-dev
# Finds faces in pictures. Its development package brings 200 others (470 MB): tests take it, a demo does not.
PACKAGES_FACES := libopencv-objdetect-dev opencv-data
PACKAGES_TEST := libgtest-dev python3 python3-mido $(PACKAGES_FACES)
PACKAGES_CHECK := clang libclang-rt-dev
PACKAGES_BENCH := libbenchmark-dev libtorch-dev libopenblas0-openmp

# Where threads meet: these run under the thread sanitizer too.
THREADED_TESTS := kernels/cpu_kernels_test engine/cpu_decoder_test engine/engine_test engine/engine_face_test \
  trainer/trainer_cpu_test trainer/trainer_run_test trainer/trainer_face_test
# Kernels on the emulator, whose every thread the sanitizer sees as one. The longest first: the last ones end together.
EMULATED_TESTS := kernels/generate/spread_test_emulated kernels/generate/tensor_test_emulated \
  kernels/generate/clustered_test_emulated kernels/conv/face_rungs_test_emulated kernels/generate/choose_test_emulated \
  kernels/generate/window_test_emulated kernels/generate/loop_test_emulated kernels/emulator/emulator_test \
  kernels/device/device_test_emulated kernels/generate/tensor_steps_test_emulated kernels/generate/rungs_test_emulated \
  kernels/ops/ops_test_emulated
# Sanitizers find a race, and a wrong address, in any order in which emulated threads run, so that one schedule is enough for them
# (tests are named by it when they are built); the plain build tries them all.
ONE_ORDER := AFFETTO_EMULATOR_SCHEDULE=warp:random:1

.PHONY: demo build test check bench soak format clean deps-build deps-faces deps-test deps-check deps-bench

demo: build
	@cmake/demo.sh $(AFFETTO) demo

build: deps-build
	@cmake --preset release -DAFFETTO_TESTS=OFF
	@cmake --build --preset release --target affetto -j $(JOBS)

test: deps-build deps-test
	@cmake --preset release -DAFFETTO_TESTS=ON
	@cmake --build --preset release -j $(JOBS)
	@ctest --preset release -j $(JOBS)

check: test deps-check
	@cmake --build --preset release --target kernel_budgets
	@cmake --preset asan
	@$(ONE_ORDER) cmake --build --preset asan -j $(JOBS)
	@$(ONE_ORDER) ctest --preset asan -j $(JOBS)
	@cmake --preset tsan
	@cmake --build --preset tsan --target threaded_tests -j $(JOBS)
	@printf 'build/tsan/tests/%s\n' $(THREADED_TESTS) kernels/emulator/emulator_race_test | xargs -P $(JOBS) -n 1 cmake/race.sh
	@printf 'build/tsan/tests/%s\n' $(EMULATED_TESTS) | $(ONE_ORDER) xargs -P $(JOBS) -n 1 cmake/race.sh
	@cmake --preset fuzz
	@cmake --build --preset fuzz --target fuzzers -j $(JOBS)
	@cmake/fuzz.sh build/fuzz 30

bench: deps-build deps-bench
	@cmake --preset bench
	@cmake --build --preset bench -j $(JOBS)
	@bench/run.sh build/bench

soak: deps-build deps-test deps-check
	@cmake --preset fuzz
	@cmake --build --preset fuzz --target fuzzers -j $(JOBS)
	@cmake/fuzz.sh build/fuzz $${SECONDS_EACH:-3600}

format:
	@git ls-files '*.h' '*.cpp' '*.cuh' '*.cu' | xargs clang-format -i

clean:
	@rm -rf build demo

deps-build: ; @cmake/install.sh $(PACKAGES_BUILD)
deps-faces: ; @cmake/install.sh $(PACKAGES_FACES)
deps-test: ; @cmake/install.sh $(PACKAGES_TEST)
deps-check: ; @cmake/install.sh $(PACKAGES_CHECK)
deps-bench: ; @cmake/install.sh $(PACKAGES_BENCH)
