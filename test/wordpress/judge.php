<?php
// Plugin of the test server: writes down, one line of JSON each, what became public, changed while it was public, and
// ceased to be. It is the judge of tests, so it looks at the database's own events and not at the API.
function tribune_judge(string $action, WP_Post $post): void {
	$pictures = [];
	foreach (get_attached_media('image', $post->ID) as $media) {
		$size = wp_get_attachment_metadata($media->ID);
		$pictures[] = [
			'id' => $media->ID,
			'alt' => get_post_meta($media->ID, '_wp_attachment_image_alt', true),
			'width' => $size['width'] ?? 0,
			'height' => $size['height'] ?? 0,
		];
	}
	$line = json_encode([
		'action' => $action,
		'id' => $post->ID,
		'author' => (int) $post->post_author,
		'title' => $post->post_title,
		'content' => $post->post_content,
		'tags' => wp_get_post_tags($post->ID, ['fields' => 'names']),
		'featured' => (int) get_post_thumbnail_id($post),
		'pictures' => $pictures,
	], JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);
	file_put_contents(getenv('TRIBUNE_DATA') . '/judge.jsonl', $line . "\n", FILE_APPEND | LOCK_EX);
}

add_action('transition_post_status', function ($new, $old, $post) {
	if ($post->post_type !== 'post' || $new === $old) {
		return;
	}
	if ($new === 'publish') {
		tribune_judge('Created', $post);
	} elseif ($old === 'publish') {
		tribune_judge('Deleted', $post);
	}
}, 10, 3);

// After everything of an edit is stored: tags and pictures come after the text.
add_action('rest_after_insert_post', function ($post, $request, $creating) {
	if (!$creating && $post->post_status === 'publish' && !isset($request['status'])) {
		tribune_judge('Updated', $post);
	}
}, 10, 3);

add_action('before_delete_post', function ($id, $post) {
	if ($post->post_type === 'post' && $post->post_status === 'publish') {
		tribune_judge('Deleted', $post);
	}
}, 10, 2);
