#!/usr/bin/env python3
"""A web host for the balancers, which knows one password:  web-host.py ADDRESS CERTIFICATE AUTHORITY

A form with pwd=right is answered 302, every other 200. /echo answers the headers that came in. /kept is another page each
time that it is asked for here, and says that it is one of those that were kept; after /publish it would be a new one.
"""
import gzip
import http.server
import socketserver
import ssl
import sys
import time

address, certificate, authority = sys.argv[1:]


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, text="", headers=()):
        body = text if isinstance(text, bytes) else text.encode()
        self.send_response(status)
        for name, value in [("Content-Length", str(len(body))), ("X-Powered-By", "PHP/8.4.1"), *headers]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path.startswith("/kept"):
            headers = [("X-Page-Cache", "HIT"), ("X-Served-By", "web"), ("Cache-Control", "s-maxage=5"), ("Vary", "Accept-Encoding")]
            page = str(time.time_ns()).encode()
            if "gzip" in self.headers.get("Accept-Encoding", ""):
                self.answer(200, gzip.compress(page), [*headers, ("Content-Encoding", "gzip")])
            else:
                self.answer(200, page, headers)
        else:
            self.answer(200, headers=[("X-WP-embed", "true")] if self.path.startswith("/embed") else ())

    def do_POST(self):
        body = self.read_body()
        if self.path == "/echo":
            self.answer(200, str(self.headers))
        elif self.path == "/publish":
            self.answer(200, "saved", [("X-Pages-Published", "1")])
        elif b"pwd=right" in body:
            self.answer(302, headers=[("Location", "/wp-admin/")])
        else:
            self.answer(200, "the form again")

    def read_body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while length := int(self.rfile.readline(), 16):
            body += self.rfile.read(length)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128
    # Not HTTPServer's, which asks a name server for its own name.
    server_bind = socketserver.TCPServer.server_bind

    def handle_error(self, *_):
        """A balancer may go away; that is what it is tried for."""


context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority)
context.verify_mode = ssl.CERT_REQUIRED
context.load_cert_chain(certificate)
server = Server((address, 8443), Answers)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
