<?php
printf("shop of %s at %s, %s\n", getenv('SHOP_OWNER'), $_SERVER['HTTP_HOST'], $_SERVER['REQUEST_URI']);
