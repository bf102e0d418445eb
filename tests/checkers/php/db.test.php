<?php
// Run by php.test.ts: wp-content/db.php beside a WordPress whose first connections fail.
//   db.test.php FILE
define('ABSPATH', '/');
foreach (['DB_USER', 'DB_PASSWORD', 'DB_NAME', 'DB_HOST'] as $name) define($name, 'x');

class wpdb
{
    public static int $fails = 0;
    /** Of each attempt: whether a failure ends the page. */
    public static array $tried = [];

    public function __construct()
    {
        $this->db_connect();
    }

    public function db_connect($allow_bail = true)
    {
        self::$tried[] = $allow_bail;
        if (self::$fails-- <= 0) return true;
        if ($allow_bail) echo "the page ends\n";
        return false;
    }
}

require $argv[1];
echo json_encode(wpdb::$tried), "\n";
foreach ([1, 2] as $fails) {
    [wpdb::$fails, wpdb::$tried] = [$fails, []];
    new Testudo_Database();
    echo json_encode(wpdb::$tried), "\n";
}
// WordPress' own loop, in the middle of a page, counts for itself.
[wpdb::$fails, wpdb::$tried] = [1, []];
$wpdb->db_connect(false);
echo json_encode(wpdb::$tried), "\n";
