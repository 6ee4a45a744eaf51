#!/usr/bin/env bash
# Puts Ghost into the folder given, for tests. Its package carries one of its dependencies inside itself (components/), where
# npm does not look: so that is unpacked first. Usage: install.sh FOLDER
set -euo pipefail

target=$1 source=$(cd "$(dirname "$0")" && pwd)
if ! command -v npm >/dev/null; then
	echo "make ghost needs Node.js 20 or 22 (https://nodejs.org); tests on a real Ghost are skipped"
	exit 0
fi
mkdir -p "$target"
cp "$source/package.json" "$source/package-lock.json" "$target/"
cd "$target"
version=$(node -p 'require("./package.json").dependencies.ghost')
packed=$(npm pack --silent "ghost@$version")
tar -xzf "$packed" --strip-components=1 package/components
rm "$packed"
npm ci --no-audit --no-fund
touch node_modules/.installed
