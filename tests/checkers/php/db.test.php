<?php
// Run by php.test.ts: WordPress with wp-content/db.php, beside a proxy (cutting.py) that loses connections.
$_SERVER += ['HTTP_HOST' => 'test', 'REQUEST_URI' => '/'];
define('ABSPATH', '/usr/share/wordpress/');
define('WP_CONTENT_DIR', '/run/work/content');
define('SHORTINIT', true);
foreach (['DB_USER' => 'site', 'DB_PASSWORD' => 'secret', 'DB_NAME' => 'site', 'DB_HOST' => '127.0.0.1:3307'] as $name => $value)
    define($name, $value);
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
$table_prefix = 'wp_';
require ABSPATH . 'wp-settings.php';
echo $wpdb->get_var('SELECT 42'), "\n";
