#!/usr/bin/env bash
# Runs every fuzz test of the module for $1 (such as 60s), one on each processor at a time, and ends at the first finding.
set -euo pipefail

time=${1:?"how long each, such as 60s"}
go=${GO:-go}
cd "$(dirname "$0")/.."
said=$(mktemp -d)
trap 'rm -rf "$said"' EXIT

fuzz() {
  local package=$1 name=$2 log="$said/${1//\//_}.$2"
  echo "fuzz $package $name for $time"
  for try in 1 2 3; do
    # The minimizer may take longer than the run itself.
    if "$go" test "$package" -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 10x -parallel 1 >"$log" 2>&1; then
      return
    fi
    # On a busy machine the end of the time can come in the middle of an input, which go test takes for a failure of no input.
    if ((try == 3)) || grep -q 'Failing input' "$log" || ! grep -q 'context deadline exceeded' "$log"; then
      grep -v '^fuzz: elapsed' "$log"
      echo "FAIL: $package $name"
      touch "$said/failed"
      return
    fi
    echo "$package $name: the end of the time was taken for a finding; once more"
  done
}

ran=0
while IFS=: read -r file name; do
  while (($(jobs -rp | wc -l) >= $(nproc))); do
    wait -n
  done
  [[ ! -e $said/failed ]] || break
  fuzz "./$(dirname "$file")" "$name" &
  ran=$((ran + 1))
done < <(git ls-files '*_test.go' | xargs grep -oE '^func Fuzz[A-Za-z0-9_]+' /dev/null | sed 's/func //' | sort)
wait
[[ ! -e $said/failed ]] || exit 1
echo "$ran fuzz tests ran for $time each without a finding"
