#!/usr/bin/env bash
# Builds the in-process fuzz targets as ClusterFuzzLite wants them, from its environment: CC, CXX, CFLAGS, CXXFLAGS,
# LIB_FUZZING_ENGINE, SRC, OUT and WORK. Run in the project's root. The canary is left out: it must fail.
set -euo pipefail

# The packages' libraries are libstdc++'s.
export CXXFLAGS="${CXXFLAGS//-stdlib=libc++/}"

cmake -G Ninja -S . -B "$WORK/build" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DOVLSPEC_FUZZ=ON -DOVLSPEC_WERROR=OFF \
  -DOVLSPEC_FUZZING_ENGINE="$LIB_FUZZING_ENGINE"
cmake --build "$WORK/build" --target fuzz_differential
cp "$WORK/build/fuzz/fuzz_differential" "$OUT/"

# What it links to, beside it: where it runs nothing is installed.
mkdir -p "$OUT/lib"
ldd "$OUT/fuzz_differential" | awk '$3 ~ /^\// && $1 !~ /^lib(c|m|pthread|dl|rt)\.so/ { print $3 }' |
  xargs -r -I{} cp -L {} "$OUT/lib/"
patchelf --set-rpath '$ORIGIN/lib' "$OUT/fuzz_differential"

python3 - "$OUT/fuzz_differential_seed_corpus.zip" fuzz/corpus <<'PACK'
import pathlib, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as corpus:
    for path in sorted(pathlib.Path(sys.argv[2]).iterdir()):
        corpus.write(path, path.name)
PACK
