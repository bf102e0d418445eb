<?php
/*
 * Plugin Name: Visits of the end-to-end run
 * Description: Counts a visitor's visits in a PHP session, as shops keep their baskets. Only where the address asks for it.
 */
if (isset($_GET['e2e-visits']) && @session_start()) {
    $_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
    header('X-Visits: ' . $_SESSION['visits']);
    session_write_close();
}
