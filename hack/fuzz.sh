#!/usr/bin/env bash
# Runs every fuzz test of the module for $1 (such as 60s), one after the other, and stops at the first finding.
set -euo pipefail

time=${1:?"how long each, such as 60s"}
go=${GO:-go}
cd "$(dirname "$0")/.."
ran=0
said=$(mktemp)
trap 'rm -f "$said"' EXIT
while IFS=: read -r file name; do
  package=./$(dirname "$file")
  echo "fuzz $package $name for $time"
  for try in 1 2 3; do
    # The minimizer may take longer than the run itself.
    "$go" test "$package" -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 10x 2>&1 | grep -v '^fuzz: elapsed' | tee "$said" && break
    # On a busy machine the end of the time can come in the middle of an input, which go test takes for a failure of no input.
    if ((try == 3)) || grep -q 'Failing input' "$said" || ! grep -q 'context deadline exceeded' "$said"; then
      echo "FAIL: $package $name"
      exit 1
    fi
    echo "the end of the time was taken for a finding; once more"
  done
  ran=$((ran + 1))
done < <(git ls-files '*_test.go' | xargs grep -oE '^func Fuzz[A-Za-z0-9_]+' /dev/null | sed 's/func //' | sort)
echo "$ran fuzz tests ran for $time each without a finding"
