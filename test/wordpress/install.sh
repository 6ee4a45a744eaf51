#!/usr/bin/env bash
# Puts WordPress, PHP and MariaDB of this Debian release into the folder given, for tests. Packages are downloaded and
# unpacked, not installed: no root, no web server, nothing on the machine changes. Usage: install.sh FOLDER
set -euo pipefail

target=$1 source=$(cd "$(dirname "$0")" && pwd)
for tool in apt-get apt-cache dpkg; do
	if ! command -v "$tool" >/dev/null; then
		echo "make wordpress needs Debian 12 or a release like it ($tool is missing); tests on a real WordPress are skipped"
		exit 0
	fi
done
php=$(apt-cache depends php-cli 2>/dev/null | awk '$1 == "Depends:" && $2 ~ /^php[0-9.]+-cli$/ { sub(/-cli$/, "", $2); print $2; exit }')
if [[ -z $php ]] || ! apt-cache show wordpress mariadb-server-core >/dev/null 2>&1; then
	echo "make wordpress finds no packages wordpress, php-cli and mariadb-server-core: run apt-get update as root, then make wordpress again; until then tests on a real WordPress are skipped"
	exit 0
fi

programs=("$php-cli" "$php-common" "$php-mysql" "$php-gd" "$php-opcache" "$php-mbstring" "$php-xml" mariadb-server-core php-getid3 \
	libjs-cropper libjs-underscore)
# What the programs need and this machine has not: shared libraries.
mapfile -t missing < <(apt-get -qq -s --no-install-recommends install "${programs[@]}" 2>/dev/null |
	awk '$1 == "Inst" && $2 ~ /^lib/ { print $2 }')

rm -rf "$target"
mkdir -p "$target/packages" "$target/root"
cd "$target/packages"
mapfile -t packages < <(printf '%s\n' wordpress wordpress-theme-twentytwentythree "${programs[@]}" "${missing[@]}" | sort -u)
apt-get -qq -o "APT::Sandbox::User=$(id -un)" download "${packages[@]}"
for package in *.deb; do
	dpkg -x "$package" "$target/root"
done
cd "$target"
rm -rf packages

# Debian's configuration looks below /etc; the tests' own one takes all from the environment.
cp --remove-destination "$source/wp-config.php" root/usr/share/wordpress/
ln -sr "$(find "$PWD/root/usr/bin" -regex '.*/php[0-9.]+' | head -1)" php
ln -sr "$(find "$PWD/root/usr/lib/php" -name mysqli.so -printf '%h\n' | head -1)" extensions
ln -sr "$(find "$PWD/root/usr/lib" -maxdepth 1 -type d -name '*-linux-gnu*' | head -1)" libraries
touch .installed
