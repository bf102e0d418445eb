<?php
echo "worked\n";
