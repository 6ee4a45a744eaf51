#!/usr/bin/env bash
# Runs every fuzz test of the module for $1 (such as 60s), one after the other, and stops at the first finding.
set -euo pipefail

time=${1:?"how long each, such as 60s"}
go=${GO:-go}
cd "$(dirname "$0")/.."
ran=0
while IFS=: read -r file name; do
  package=./$(dirname "$file")
  echo "fuzz $package $name for $time"
  # The minimizer may take longer than the run itself.
  "$go" test "$package" -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 10x | grep -v '^fuzz: elapsed' || {
    echo "FAIL: $package $name"
    exit 1
  }
  ran=$((ran + 1))
done < <(git ls-files '*_test.go' | xargs grep -oE '^func Fuzz[A-Za-z0-9_]+' /dev/null | sed 's/func //' | sort)
echo "$ran fuzz tests ran for $time each without a finding"
