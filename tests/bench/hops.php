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
// None where all that the page needs is in the object cache.
$queries = $wpdb->queries ?? [];

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

/** Milliseconds of the last made page of each worker, by php-fpm's own count. */
$pages = static function (): array {
    $packet = static fn (int $type, string $text): string => pack('CCnnCC', 1, $type, 1, strlen($text), 0, 0) . $text;
    $words = '';
    foreach (['SCRIPT_NAME' => '/-/php-fpm', 'SCRIPT_FILENAME' => '/-/php-fpm', 'QUERY_STRING' => 'full&json', 'REQUEST_METHOD' => 'GET'] as $name => $text) {
        $words .= chr(strlen($name)) . chr(strlen($text)) . $name . $text;
    }
    $socket = stream_socket_client('unix:///run/php/status.sock', $code, $why, 2);
    fwrite($socket, $packet(1, pack('nCx5', 1, 0)) . $packet(4, $words) . $packet(4, '') . $packet(5, ''));
    $text = '';
    while (strlen($head = (string) stream_get_contents($socket, 8)) === 8) {
        $found = unpack('Cversion/Ctype/nid/nlength/Cpadding', $head);
        $part = stream_get_contents($socket, $found['length'] + $found['padding']);
        if ($found['type'] === 6) $text .= substr($part, 0, $found['length']);
        if ($found['type'] === 3) break;
    }
    $state = json_decode(substr($text, (int) strpos($text, '{')), true);
    $made = array_filter($state['processes'] ?? [], static fn (array $one): bool => str_contains($one['request uri'], 'visit='));
    return array_column($made, 'request duration');
};
$durations = $pages();
sort($durations);
$answer = [
    'phpOfPage' => $durations === [] ? null : round($durations[intdiv(count($durations), 2)] / 1000, 1),
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
