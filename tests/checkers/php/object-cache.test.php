<?php
// What WordPress and its plugins expect of an object cache, asked of ours with a Redis at 127.0.0.1:6380:
//   php object-cache.php DROP-IN        prints a line for each expectation that is not met, and "done"
define('ABSPATH', '/');
$multisite = false;
$suspended = false;
function get_current_blog_id() { return 1; }
function is_multisite() { return $GLOBALS['multisite']; }
function wp_suspend_cache_addition() { return $GLOBALS['suspended']; }
function _doing_it_wrong() { }
const TESTUDO_OBJECT_CACHE = ['host' => '127.0.0.1', 'port' => 6380, 'user' => 'objects', 'password' => 'secret',
    'prefix' => 'wp:main:', 'mark' => '/tmp/unflushed'];
require $argv[1];

function expect(bool $met, string $what): void
{
    if (!$met) echo "not met: $what\n";
}
/** As the next request finds things. */
function next_request(): void
{
    wp_cache_init();
    wp_cache_add_global_groups(['users']);
    wp_cache_add_non_persistent_groups(['counts']);
}
function other(): Redis
{
    $redis = new Redis();
    $redis->connect('127.0.0.1', 6380);
    $redis->auth(['operator', 'secret']);
    return $redis;
}
const MARK = '/tmp/unflushed';

next_request();
wp_cache_flush();

// Every kind of value comes back as it was.
$values = [1, '1', 0, -5, '', "x\0y", 1.5, true, false, null, [], ['a' => [1]], (object) ['a' => 1], str_repeat('z', 100000)];
foreach ($values as $index => $value) {
    expect(wp_cache_set("k$index", $value), "set value $index");
    next_request();
    $read = wp_cache_get("k$index", '', false, $found);
    expect($found && (is_object($value) ? $read == $value : $read === $value), "value $index comes back");
}
expect(wp_cache_get('none', '', false, $found) === false && $found === false, 'what is not there is not found');

expect(wp_cache_add('k0', 5) === false && wp_cache_get('k0') === 1, 'add leaves alone what another request has stored');
expect(wp_cache_add('new', 5) && !wp_cache_add('new', 6), 'add stores once');
expect(!wp_cache_replace('none', 1) && wp_cache_replace('new', 7), 'replace only replaces');
next_request();
expect(wp_cache_get('new') === 7, 'replace is kept');
expect(wp_cache_incr('new') === 8 && wp_cache_incr('new', 4) === 12 && wp_cache_decr('new', 2) === 10, 'counting');
expect(wp_cache_decr('new', 50) === 0 && wp_cache_incr('none') === false, 'not below zero, nor what is not there');
$suspended = true;
expect(!wp_cache_add('suspended', 1), 'add while additions are suspended');
$suspended = false;
expect(wp_cache_delete('new') && !wp_cache_delete('new'), 'delete says whether there was something');

expect(wp_cache_set_multiple(['a' => 1, 'b' => 2, 5 => 'five'], 'g') === ['a' => true, 'b' => true, 5 => true], 'set several');
next_request();
expect(wp_cache_get_multiple(['a', 'b', 'c', 5], 'g') === ['a' => 1, 'b' => 2, 'c' => false, 5 => 'five'], 'get several');
expect(wp_cache_add_multiple(['a' => 9, 'd' => 4], 'g') === ['a' => false, 'd' => true], 'add several');
expect(wp_cache_delete_multiple(['a', 'z'], 'g') === ['a' => true, 'z' => false], 'delete several');
wp_cache_set('x', 1, 'h');
wp_cache_flush_group('g');
next_request();
expect(wp_cache_get('b', 'g') === false && wp_cache_get('x', 'h') === 1, 'a group is emptied alone');

wp_cache_set('own', 1, 'counts');
expect(wp_cache_get('own', 'counts') === 1, 'a group of the request is there in the request');
next_request();
expect(wp_cache_get('own', 'counts') === false, 'and not in the next');

$object = (object) ['a' => 1];
wp_cache_set('object', $object);
$object->a = 2;
wp_cache_get('object')->a = 3;
expect(wp_cache_get('object')->a === 1, 'nobody else\'s object changes what is kept');
foreach ([null, '', ' ', 1.5, [], new stdClass(), true] as $key) {
    expect(!wp_cache_set($key, 1) && wp_cache_get($key) === false && !wp_cache_delete($key) && !wp_cache_add($key, 1)
        && wp_cache_incr($key) === false && !wp_cache_replace($key, 1), 'a strange key is refused');
}

wp_cache_set('r', 1);
other()->set('wp:main::default:r', '77');
expect(wp_cache_get('r') === 1 && wp_cache_get('r', '', true) === 77, 'force asks Redis again');
other()->set('wp:main::default:bad', 'a:1:{garbage');
expect(wp_cache_get('bad', '', false, $found) === false && !$found, 'what cannot be read is not there');
foreach ([0, 86400, 5] as $seconds) {
    wp_cache_set('t', 1, '', $seconds);
    expect(other()->ttl('wp:main::default:t') <= ($seconds === 5 ? 5 : 600) && other()->ttl('wp:main::default:t') > 0, "kept for $seconds s, with an end");
}
wp_cache_set('count', 1);
wp_cache_incr('count');
expect(other()->ttl('wp:main::default:count') > 500, 'a counter has an end');

// What a page was asked for last time is fetched in one go, as it is then.
$_SERVER['REQUEST_METHOD'] = 'GET';
$_SERVER['REQUEST_URI'] = '/page?x=1';
$calls = static fn (): int => (int) preg_replace('/^calls=(\d+).*/', '$1', other()->info('commandstats')['cmdstat_mget'] ?? '');
foreach (['t1' => 'a', 't2' => 'b', 't3' => 'c'] as $key => $value) wp_cache_set($key, $value);
next_request();
expect([wp_cache_get('t1'), wp_cache_get('t2'), wp_cache_get('t3'), wp_cache_get('t4')] === ['a', 'b', 'c', false], 'the first visit of a page');
wp_cache_close();
other()->set('wp:main::default:t1', serialize('new'));
other()->del('wp:main::default:t2');
next_request();
$before = $calls();
expect(wp_cache_get('t3') === 'c' && wp_cache_get('t1') === 'new' && $calls() === $before + 1, 'the next one asks once');
expect(wp_cache_get('t2') === false && wp_cache_add('t2', 'added') && wp_cache_get('t2') === 'added', 'what is gone is gone');
next_request();
wp_cache_get('t1');
expect(wp_cache_delete('t3') && wp_cache_get('t3') === false, 'what a request deletes it does not see again');
wp_cache_set('t2', 'own');
expect(wp_cache_get('t2') === 'own', 'what a request sets is what it sees');
wp_cache_flush();
expect(wp_cache_get('t1') === false, 'nor what it has emptied');
unset($_SERVER['REQUEST_METHOD']);

$multisite = true;
next_request();
wp_cache_set('m', 'one');
wp_cache_set('u', 'all', 'users');
wp_cache_switch_to_blog(2);
expect(wp_cache_get('m') === false && wp_cache_get('u', 'users') === 'all', 'blogs are apart, global groups are not');
$multisite = false;
expect(!file_exists(MARK), 'nothing was left undone until here');

// Redis says no, in the ways in which it does.
$refusals = [
    'full' => [['maxmemory', '1'], ['maxmemory', '0']],
    'without replicas' => [['min-replicas-to-write', '3'], ['min-replicas-to-write', '0']],
];
foreach ($refusals as $name => [$no, $yes]) {
    next_request();
    wp_cache_set('stale', 'old');
    other()->config('SET', ...$no);
    next_request();
    expect(wp_cache_set('stale', 'new') && wp_cache_get('stale') === 'new', "$name: the request goes on with its own copy");
    expect(file_exists(MARK), "$name: what was not written is marked");
    other()->config('SET', ...$yes);
    next_request();
    expect(wp_cache_get('stale') === false && !file_exists(MARK), "$name: the next connection empties the cache first");
}
next_request();
wp_cache_set('stale', 'old');
other()->rawCommand('ACL', 'SETUSER', 'objects', 'off');
next_request();
expect(wp_cache_get('stale') === false && !wp_cache_delete('stale') && file_exists(MARK), 'no login: not found, and marked');
other()->rawCommand('ACL', 'SETUSER', 'objects', 'on');
next_request();
expect(wp_cache_get('stale') === false && !file_exists(MARK), 'no login: emptied afterwards');
wp_cache_set('stale', 'old');
try {
    other()->rawCommand('SHUTDOWN', 'NOSAVE');
} catch (RedisException) {
    // It does not say goodbye.
}
next_request();
$start = microtime(true);
expect(wp_cache_get('stale') === false && wp_cache_set('a', 1) && wp_cache_get('a') === 1, 'Redis gone: one request\'s memory');
expect(wp_cache_add('a', 2) === false && wp_cache_incr('a') === 2 && wp_cache_delete('a'), 'Redis gone: the rest of the interface');
expect(microtime(true) - $start < 0.5 && file_exists(MARK), 'Redis gone: soon known, and marked');
echo "done\n";
