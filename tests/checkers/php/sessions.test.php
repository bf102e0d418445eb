<?php
// What visitors may expect of sessions, with a Redis at 127.0.0.1:6379:
//   php sessions.test.php HANDLER        prints a line for each expectation that is not met, and "done"
ini_set('session.use_strict_mode', '1');
ini_set('session.use_cookies', '0');
ini_set('session.cache_limiter', '');
ini_set('session.save_path', 'tcp://127.0.0.1:6379?' . http_build_query([
    'auth' => ['user' => 'sessions', 'pass' => 'secret'], 'prefix' => 'session:', 'replicas' => $argv[2],
]));
require $argv[1];
ob_start();

function expect(bool $met, string $what): void
{
    if (!$met) fwrite(STDOUT, "not met: $what\n");
}
function other(): Redis
{
    $redis = new Redis();
    $redis->connect('127.0.0.1', 6379);
    $redis->auth(['operator', 'secret']);
    return $redis;
}
/** One request of a visitor: what was in the session before, or null without one; the visitor's id afterwards. */
function visit(string $id, ?string $leaves): array
{
    session_id($id);
    $_SESSION = [];
    // Without a session PHP has no id, and so sends none.
    if (!@session_start()) return [null, session_id() ?: $id];
    $found = $_SESSION['is'] ?? '';
    $now = session_id();
    if ($leaves !== null) $_SESSION['is'] = $leaves;
    @session_write_close();
    return [$found, $now];
}

[$found, $id] = visit('', 'one');
expect($found === '' && $id !== '', 'a new visitor gets a session');
expect(visit($id, 'two') === ['one', $id] && visit($id, null) === ['two', $id], 'it is there at the next visit');
expect(other()->ttl("session:main:$id") > 1000, 'and has an end');
$_SERVER['TESTUDO_SITE'] = 'shop';
expect(visit($id, 'theirs')[0] === '', 'another site does not see it');
unset($_SERVER['TESTUDO_SITE']);
expect(visit($id, null)[0] === 'two', 'nor changes it');
expect(visit('chosen-by-somebody', 'x')[1] !== 'chosen-by-somebody', 'nobody chooses an id');
expect(other()->exists("session:main:{$id}_LOCK") === 0, 'a session is free after a visit');

// Somebody else has it for a moment.
other()->set("session:main:{$id}_LOCK", 'other', ['px' => 700]);
$start = microtime(true);
expect(visit($id, 'three')[0] === 'two' && microtime(true) - $start > 0.5, 'a visit waits for the one before it');

// A slow request, whose lock has ended: it keeps the session unless somebody else has changed it.
session_id($id);
session_start();
other()->del("session:main:{$id}_LOCK");
$_SESSION['is'] = 'slow';
session_write_close();
expect(visit($id, null)[0] === 'slow', 'a slow request keeps what nobody else has changed');
session_id($id);
session_start();
$_SESSION['is'] = 'late';
other()->del("session:main:{$id}_LOCK");
other()->setex("session:main:$id", 100, 'is|s:5:"other";');
@session_write_close();
expect(visit($id, null)[0] === 'other', 'and does not take another request\'s change back');

session_id($id);
session_start();
session_regenerate_id(true);
$next = session_id();
session_write_close();
expect($next !== $id && visit($next, null)[0] === 'other' && other()->exists("session:main:$id") === 0, 'an id is exchanged with all that belongs to it');
$id = $next;

other()->config('SET', 'maxmemory', '1');
expect(visit($id, 'lost') === ['other', $id], 'full: what is there can be read');
other()->config('SET', 'maxmemory', '0');
expect(visit($id, 'four') === ['other', $id], 'full: and is as it was afterwards');

other()->rawCommand('ACL', 'SETUSER', 'sessions', 'off');
expect(visit($id, 'lost') === [null, $id], 'no login: no session, and the visitor keeps his id');
other()->rawCommand('ACL', 'SETUSER', 'sessions', 'on');
expect(visit($id, 'five') === ['four', $id], 'no login: the session is there afterwards');

// Redis takes no writes for a second, as while a master is elected.
other()->config('SET', 'min-replicas-to-write', '9');
exec('(sleep 1; redis-cli --no-auth-warning --user operator --pass secret config set min-replicas-to-write 0) >/dev/null 2>&1 &');
expect(visit($id, 'six') === ['five', $id] && visit($id, null)[0] === 'six', 'a change is written when there is a master again');

try {
    other()->rawCommand('SHUTDOWN', 'NOSAVE');
} catch (RedisException) {
    // It does not say goodbye.
}
$start = microtime(true);
expect(visit($id, 'lost') === [null, $id] && microtime(true) - $start < 6, 'Redis gone: no session, and the visitor keeps his id');
fwrite(STDOUT, "done\n");
