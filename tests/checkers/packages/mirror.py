#!/usr/bin/env python3
"""A Debian mirror with moods:  mirror.py FOLDER PORT

While FOLDER/away holds a number above 0, a request is answered 503 and takes one off it.
"""
import http.server
import os
import sys
import threading

folder, port = sys.argv[1], int(sys.argv[2])
away = os.path.join(folder, "away")
lock = threading.Lock()


def is_away():
    with lock:
        try:
            with open(away) as file:
                left = int(file.read())
        except FileNotFoundError:
            return False
        with open(away, "w") as file:
            file.write(str(max(0, left - 1)))
        return left > 0


class Mirror(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if is_away():
            self.send_error(503)
        else:
            super().do_GET()

    def log_message(self, *_):
        pass


handler = lambda *args: Mirror(*args, directory=folder)
http.server.ThreadingHTTPServer(("127.0.0.1", port), handler).serve_forever()
