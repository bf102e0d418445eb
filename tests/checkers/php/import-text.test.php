<?php
// Addresses in what WordPress keeps, whatever it is made of:
//   php import-text.test.php FILE SEED       prints a line for each expectation that is not met, and "done"
require $argv[1];
mt_srand((int) $argv[2]);

function expect(bool $met, string $what): void
{
    if (!$met) echo "not met (seed {$GLOBALS['argv'][2]}): $what\n";
}
function rewritten(string $text, array $from = ['http://old.example/blog', 'https://www.old.example'], string $to = 'new.example.org'): string
{
    return (new TestudoAddresses($from, $to))->in($text);
}

$cases = [
    'http://old.example/blog' => 'https://new.example.org',
    'HTTPS://Old.Example/blog/a?b=c#d' => 'https://new.example.org/a?b=c#d',
    '<a href="//old.example/blog/x">' => '<a href="//new.example.org/x">',
    'https://www.old.example/x http://www.old.example' => 'https://new.example.org/x https://new.example.org',
    '{"a":"http:\/\/old.example\/blog\/x","b":"\/\/old.example\/blog"}' => '{"a":"https:\/\/new.example.org\/x","b":"\/\/new.example.org"}',
    '{"a":"{\"b\":\"http:\\\\\/\\\\\/old.example\\\\\/blog\\\\\/x\"}"}' => '{"a":"{\"b\":\"https:\\\\\/\\\\\/new.example.org\\\\\/x\"}"}',
    'u=http%3A%2F%2Fold.example%2Fblog%2Fx' => 'u=https%3A%2F%2Fnew.example.org%2Fx',
    's:19:"http://old.example/"' => 's:19:"http://old.example/"',
    "<!-- wp:cover {\"url\":\"http://old.example/blog/a.jpg\"} -->" => "<!-- wp:cover {\"url\":\"https://new.example.org/a.jpg\"} -->",
];
foreach ($cases as $text => $wanted) expect(rewritten($text) === $wanted, "$text\n  is " . rewritten($text));
foreach (['http://old.example/blogger', 'http://old.example/other', 'http://old.example.org/blog', 'http://old.example:8080/blog', 'anna@old.example',
    'http://very-old.example/blog', 'ftp://old.example/blog', base64_encode('http://old.example/blog'), 'old.example/blog', 'http://www.old.example.com'] as $text) {
    expect(rewritten($text) === $text, "$text stays, and is " . rewritten($text));
}
expect(rewritten('http://h:8080/a http://h/a', ['http://h:8080']) === 'https://new.example.org/a http://h/a', 'a port is part of an address');
expect(rewritten('http://h/wp/a http://h/b', ['http://h', 'http://h/wp']) === 'https://new.example.org/a https://new.example.org/b', 'the longer address first');

class Known
{
    public mixed $open = null;
    protected mixed $guarded = null;
    private mixed $own = null;
    public function __construct(mixed ...$values) { [$this->open, $this->guarded, $this->own] = $values; }
}
enum Suit: string { case Hearts = 'http://old.example/blog'; }

/** A value with old addresses, and the same one with new ones. */
function grown(int $depth): array
{
    $texts = ["http://old.example/blog/ü\0;}{\"", 'x', '', 'https://www.old.example/?a[]=1";s:1:"', 'http://old.example/blog/😀', "a:1:{i:0;s:5:\"x"];
    $old = match (mt_rand(0, $depth > 4 ? 5 : 9)) {
        0 => [mt_rand(-9, PHP_INT_MAX), null, 1.5e100, -0.1, true, false, INF][mt_rand(0, 6)],
        1, 2, 3, 4 => $texts[mt_rand(0, count($texts) - 1)],
        5 => Suit::Hearts,
        default => null,
    };
    if ($old !== null || $depth > 4) return [$old, is_string($old) ? renewed($old) : $old];
    $pairs = [];
    for ($i = mt_rand(0, 4); $i > 0; $i--) $pairs[] = grown($depth + 1);
    [$olds, $news] = [array_column($pairs, 0), array_column($pairs, 1)];
    switch (mt_rand(0, 3)) {
        case 0:
            return [$olds, $news];
        case 1:
            $keys = array_slice(['http://old.example/blog', -7, 'ü', "\0key"], 0, count($pairs));
            return [array_combine($keys, $olds), array_combine($keys, $news)];
        case 2:
            return [new Known(...array_pad($olds, 3, null)), new Known(...array_pad($news, 3, null))];
        default:
            // Serialized again, as some plugins do.
            return [serialize($olds), serialize($news)];
    }
}
function renewed(string $text): string
{
    return str_replace(['http://old.example/blog', 'https://www.old.example'], 'https://new.example.org', $text);
}

for ($round = 0; $round < 3000; $round++) {
    [$old, $new] = grown(0);
    // WordPress keeps plain texts as they are.
    if (!is_array($old) && !is_object($old)) continue;
    // A class of a plugin that is not here.
    [$old, $new] = array_map(static fn ($value) => str_replace(['O:5:"Known"', 'Known'], ['O:5:"Ghost"', 'Ghost'], serialize($value)), [$old, $new]);
    $found = rewritten($old);
    expect($found === $new, "seed round $round: $old\n  is   $found\n  not  $new");
    expect(rewritten($found) === $found, "a second time changes nothing: $found");
}

$shared = ['http://old.example/blog'];
$shared[1] = &$shared[0];
$shared[2] = $object = (object) ['a' => 'http://old.example/blog'];
$shared[3] = $object;
$back = unserialize(rewritten(serialize($shared)));
expect($back[3] === $back[2] && $back[2]->a === 'https://new.example.org', 'references stay what they are');
$back[0] = 'y';
expect($back[1] === 'y', 'and those of values');

// Whatever is there, nothing fails, and what was readable stays readable.
$text = serialize(['a' => 'http://old.example/blog', 'b' => [1, (object) ['c' => 'https://www.old.example/']]]);
for ($round = 0; $round < 3000; $round++) {
    $broken = $text;
    for ($i = mt_rand(1, 3); $i > 0; $i--) $broken[mt_rand(0, strlen($broken) - 1)] = 'a:{}";1s'[mt_rand(0, 7)];
    if (mt_rand(0, 2) === 0) $broken = substr($broken, 0, mt_rand(0, strlen($broken)));
    $addresses = new TestudoAddresses(['http://old.example/blog', 'https://www.old.example'], 'new.example.org');
    $found = $addresses->in($broken);
    if (@unserialize($broken) !== false) expect(@unserialize($found) !== false, "was readable: $broken\n  is $found");
    elseif (preg_match('/^a:\d+:\{/', $broken) === 1) expect($found === $broken || $addresses->unreadable === 0, "broken stays: $broken\n  is $found");
}

$addresses = new TestudoAddresses(['http://old.example/blog'], 'new.example.org');
$custom = 'a:1:{i:0;C:5:"Ghost":25:{http://old.example/blog/x}}';
expect($addresses->in('a:1:{i:0;C:5:"Ghost":25:{http://old.example/blog/x}}') === $custom, 'the notation of a class stays');
$json = '{"data":"a:1:{s:1:\"u\";s:23:\"http://old.example/blog\";}"}';
expect($addresses->in($json) === $json && $addresses->unreadable === 2, "what was left alone is counted ($addresses->unreadable)");
expect($addresses->in("a:1:{i:0;s:23:\"http://old.example/blog\";}\n") === "a:1:{i:0;s:23:\"https://new.example.org\";}\n", 'a line break at the end');
$deep = 'http://old.example/blog';
for ($i = 0; $i < 300; $i++) $deep = [$deep];
expect(is_string(rewritten(serialize($deep))), 'as deep as it may be');
$long = str_repeat('http://old.example/blog ', 200000);
expect(rewritten($long) === str_repeat('https://new.example.org ', 200000), 'however long it is');
echo "done\n";
