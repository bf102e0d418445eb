<?php
// Which passwords are accepted: by the database (logins.php PASSWORD...), by WordPress for its administrator (--admin
// PASSWORD...). --choose PASSWORD is what a person does in wp-admin, logged in; --sessions counts those.
[, $order] = $argv;
if ($order[0] !== '-') {
    mysqli_report(MYSQLI_REPORT_OFF);
    $accepted = array_filter(array_slice($argv, 1), static function (string $password): bool {
        $session = @new mysqli('127.0.0.1', 'wordpress', $password, 'wordpress');
        return $session->connect_errno === 0 && $session->query('SELECT 1') !== false;
    });
    echo implode(' ', $accepted);
    exit;
}
error_reporting(0);
define('ABSPATH', realpath('/srv/site/current') . '/');
chdir(ABSPATH);
require '/etc/testudo/wp-config.php';
require ABSPATH . 'wp-settings.php';
$user = get_user_by('login', 'admin');
$sessions = WP_Session_Tokens::get_instance($user->ID);
switch ($order) {
    case '--admin':
        echo implode(' ', array_filter(array_slice($argv, 2), static fn (string $password): bool => !is_wp_error(wp_authenticate('admin', $password))));
        break;
    case '--choose':
        add_filter('send_password_change_email', '__return_false');
        wp_update_user(['ID' => $user->ID, 'user_pass' => $argv[2]]);
        $sessions->create(time() + 3600);
        break;
    case '--sessions':
        echo count($sessions->get_all());
        break;
}
