<?php
// On a host that runs PHP: what its way to the data costs, in milliseconds as JSON. Run as www-data.
error_reporting(0);
define('SAVEQUERIES', true);
$_SERVER['REQUEST_URI'] = '/';
$_SERVER['REQUEST_METHOD'] = 'GET';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
define('WP_USE_THEMES', true);
ob_start();
require '/srv/site/current/wp-blog-header.php';
ob_end_clean();
$queries = $wpdb->queries;

$median = static function (int $times, callable $work): float {
    $all = [];
    for ($i = 0; $i < $times; $i++) {
        $begin = hrtime(true);
        $work();
        $all[] = (hrtime(true) - $begin) / 1e6;
    }
    sort($all);
    return round($all[intdiv($times, 2)], 3);
};
$connect = static fn (): mysqli => new mysqli(DB_HOST, DB_USER, DB_PASSWORD, DB_NAME);
$session = $connect();
$answer = [
    'queries' => count($queries),
    'sqlOfPage' => round(1000 * array_sum(array_column($queries, 1)), 2),
    'sqlConnect' => $median(20, static fn () => $connect()->close()),
    'query' => $median(200, static fn () => $session->query('SELECT 1')->free()),
    'redisConnect' => null,
    'redisGet' => null,
];
if (TESTUDO_OBJECT_CACHE !== null) {
    $place = TESTUDO_OBJECT_CACHE;
    $open = static function () use ($place): Redis {
        $redis = new Redis();
        $redis->connect($place['host'], $place['port'], 3);
        $redis->auth([$place['user'], $place['password']]);
        return $redis;
    };
    $redis = $open();
    $answer['redisConnect'] = $median(20, static fn () => $open()->close());
    $answer['redisGet'] = $median(200, static fn () => $redis->get("$place[prefix]bench"));
}
echo json_encode($answer), "\n";
