<?php
// Configuration of a WordPress for tests: all that differs between servers comes from the environment.
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:' . getenv('TRIBUNE_DATA') . '/mariadb.sock');
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
define('WP_CONTENT_DIR', getenv('TRIBUNE_DATA') . '/wp-content');
// Application passwords are otherwise refused without HTTPS.
define('WP_ENVIRONMENT_TYPE', 'local');
// Nothing leaves the machine, and nothing runs beside the requests of the test.
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('DISABLE_WP_CRON', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_AUTO_UPDATE_CORE', false);
define('WP_DEBUG', false);
foreach (['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'] as $name) {
	define($name, hash('sha256', $name . getenv('TRIBUNE_SECRET')));
}
$table_prefix = 'wp_';
if (!defined('ABSPATH')) {
	define('ABSPATH', getenv('TRIBUNE_WORDPRESS') . '/');
}
require_once ABSPATH . 'wp-settings.php';
