<?php
// Stands where a web server stands: hands files out as they are, and everything else to WordPress.
$path = rawurldecode(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) ?? '/');
if ($path === '/tribune-started') {
	// The port may have been taken by another program since it was chosen: only ours knows this.
	echo getenv('TRIBUNE_SECRET');
	return;
}
$root = realpath(getenv('TRIBUNE_WORDPRESS'));
if (str_starts_with($path, '/wp-content/')) {
	$root = realpath(getenv('TRIBUNE_DATA'));
}
$file = realpath($root . $path);
if ($file !== false && is_file($file) && str_starts_with($file, $root . '/')) {
	if (!str_ends_with($file, '.php')) {
		$types = ['css' => 'text/css', 'js' => 'text/javascript', 'png' => 'image/png', 'jpg' => 'image/jpeg', 'gif' => 'image/gif', 'webp' => 'image/webp'];
		header('Content-Type: ' . ($types[pathinfo($file, PATHINFO_EXTENSION)] ?? 'application/octet-stream'));
		readfile($file);
		return;
	}
	$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = $path;
	chdir(dirname($file));
	require $file;
	return;
}
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
chdir(getenv('TRIBUNE_WORDPRESS'));
require getenv('TRIBUNE_WORDPRESS') . '/index.php';
