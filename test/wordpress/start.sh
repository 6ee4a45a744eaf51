#!/usr/bin/env bash
# Runs MariaDB and WordPress until standard input ends, so that they never outlive the test that started them. All they
# listen on is a socket in the data folder and 127.0.0.1:PORT. Usage: start.sh INSTALLED SOURCE DATA PORT
set -euo pipefail

installed=$1 source=$2 data=$3 port=$4
export LD_LIBRARY_PATH="$installed/libraries" TRIBUNE_DATA="$data" TRIBUNE_WORDPRESS="$installed/root/usr/share/wordpress"
share="$installed/root/usr/share/mysql"
mariadb=("$installed/root/usr/sbin/mariadbd" --no-defaults --user="$(id -un)" --datadir="$data/mariadb" --tmpdir="$data/tmp"
	--lc-messages-dir="$share" --character-sets-dir="$share/charsets" --innodb-log-file-size=16M --innodb-buffer-pool-size=64M
	--innodb-flush-log-at-trx-commit=0 --skip-log-bin --skip-grant-tables --skip-networking)
php=("$installed/php" -n -d extension_dir="$installed/extensions" -d display_errors=0 -d log_errors=1 -d error_log="$data/php.log"
	-d memory_limit=256M -d upload_max_filesize=64M -d post_max_size=64M -d sys_temp_dir="$data/tmp" -d upload_tmp_dir="$data/tmp"
	-d max_execution_time=120 -d mysqli.default_socket="$data/mariadb.sock")
for extension in mysqlnd mysqli mbstring dom simplexml xml xmlreader tokenizer ctype fileinfo exif gd iconv; do
	if [[ -e $installed/extensions/$extension.so ]]; then
		php+=(-d "extension=$extension")
	fi
done

# Compiling WordPress anew for each request would take most of the time.
if [[ -e $installed/extensions/opcache.so ]]; then
	php+=(-d zend_extension=opcache -d opcache.enable=1)
fi

database= web=
finish() {
	local status=$?
	trap - EXIT
	((status == 0)) || tail -n 5 "$data"/*.log >&2 || true
	[[ -z $web ]] || kill "$web" 2>/dev/null || true
	[[ -z $database ]] || kill -9 "$database" 2>/dev/null || true
	rm -rf "$data"
	# The web server's workers are of this process group, and of it alone.
	kill -9 0
}
trap finish EXIT

mkdir -p "$data/mariadb" "$data/tmp" "$data/wp-content/mu-plugins" "$data/wp-content/plugins" "$data/wp-content/uploads"
ln -s "$TRIBUNE_WORDPRESS/wp-content/themes" "$data/wp-content/themes"
cp "$source/judge.php" "$data/wp-content/mu-plugins/"

{
	printf '%s\n' 'CREATE DATABASE mysql;' 'USE mysql;' 'SET @auth_root_socket=NULL;'
	cat "$share/mysql_system_tables.sql" "$share/mysql_performance_tables.sql" "$share/mysql_system_tables_data.sql"
	echo "CREATE DATABASE wordpress CHARACTER SET utf8mb4;"
} | "${mariadb[@]}" --bootstrap >>"$data/mariadb.log" 2>&1

"${mariadb[@]}" --socket="$data/mariadb.sock" >>"$data/mariadb.log" 2>&1 </dev/null &
database=$!
until [[ -S $data/mariadb.sock ]]; do
	kill -0 "$database" || { tail -5 "$data/mariadb.log" >&2; exit 1; }
	sleep 0.05
done

PHP_CLI_SERVER_WORKERS=4 "${php[@]}" -S "127.0.0.1:$port" -t "$TRIBUNE_WORDPRESS" "$source/router.php" >>"$data/web.log" 2>&1 </dev/null &
web=$!

# What is said on standard input is run once WordPress is installed; the answer is one line.
while read -r word; do
	case $word in
	setup) "${php[@]}" "$source/setup.php" ;;
	esac
done
