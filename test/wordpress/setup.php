<?php
// Does by code what an administrator does by hand after the installation: an application password, and permalinks if asked
// for. One line of JSON tells the password.
require getenv('TRIBUNE_WORDPRESS') . '/wp-load.php';
if (getenv('TRIBUNE_PERMALINKS')) {
	require_once ABSPATH . 'wp-admin/includes/misc.php';
	require_once ABSPATH . 'wp-admin/includes/file.php';
	global $wp_rewrite;
	$wp_rewrite->set_permalink_structure('/%postname%/');
	$wp_rewrite->flush_rules(false);
}
// What a new site shows is not of the test.
foreach (get_posts(['post_type' => 'any', 'numberposts' => -1, 'post_status' => 'any']) as $post) {
	wp_delete_post($post->ID, true);
}
@unlink(getenv('TRIBUNE_DATA') . '/judge.jsonl');
$user = get_user_by('login', 'admin');
[$password] = WP_Application_Passwords::create_new_application_password($user->ID, ['name' => 'tests']);
echo json_encode(['password' => $password, 'version' => get_bloginfo('version'), 'database' => $GLOBALS['wpdb']->db_server_info()]), "\n";
