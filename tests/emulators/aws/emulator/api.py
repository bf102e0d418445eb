"""The API: moto, behind a check of signatures; tells the world what was called, once moto has taken it."""
import io
import logging
import threading
import time
import urllib.parse

from werkzeug.serving import WSGIRequestHandler, make_server

from .signatures import Refused

log = logging.getLogger("api")


class Api:
    """A WSGI application. `after(who, service, action, parameters, answer)` is called before the caller gets the answer."""

    def __init__(self, moto, callers, after):
        self.moto = moto
        self.callers = callers
        self.after = after
        # moto's dictionaries are no place for two at once.
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        began = time.monotonic()
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        headers = _headers(environ)
        service = _service(headers)
        parameters = dict(urllib.parse.parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        action = parameters.pop("Action", headers.get("x-amz-target", "").rsplit(".", 1)[-1])
        url = f"http://{headers.get('host', '')}{environ.get('REQUEST_URI', environ['PATH_INFO'])}"
        try:
            who = self.callers.check(environ["REQUEST_METHOD"], url, headers, body)
        except Refused as refused:
            log.warning("%s %s from %s refused: %s: %s", service, action, environ["REMOTE_ADDR"], refused.code, refused)
            start_response("401 Unauthorized", [("Content-Type", "text/xml")])
            return [_error(refused.code, str(refused))]
        environ["wsgi.input"] = io.BytesIO(body)
        told = []

        def keep(status, response_headers, exc_info=None):
            told[:] = [status, response_headers]
            return lambda _: None

        with self.lock:
            answer = b"".join(self.moto(environ, keep))
        status = int(told[0].split()[0])
        if status < 400:
            try:
                self.after(who, service, action, parameters, answer)
            except Exception as error:  # What the API has taken stays taken: Amazon's would be slow, not refuse.
                log.exception("after %s %s", service, action)
                told = ["500 Internal Server Error", [("Content-Type", "text/xml")]]
                answer = _error("InternalError", f"the emulator, after {action}: {error}")
                status = 500
        level = logging.INFO if status < 400 else logging.WARNING
        log.log(level, "%s %s by %s: %s in %d ms%s", service, action, who, status, (time.monotonic() - began) * 1000,
                "" if status < 400 else f": {answer.decode('utf-8', 'replace')[:600]}")
        start_response(*told)
        return [answer]


def serve(app, address, port):
    """Serves in a thread of its own, returns the port."""
    server = make_server(address, port, app, threaded=True, request_handler=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True, name=f"http {address}").start()
    return server.port


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type, message, *args):
        pass


def _headers(environ):
    found = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            found[name.replace("_", "-").lower()] = environ[name]
    return found


def _service(headers):
    parts = headers.get("authorization", "").split("/")
    return parts[3] if len(parts) > 3 else "?"


def _error(code, message):
    message = message.replace("&", "&amp;").replace("<", "&lt;")
    return f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors></Response>".encode()
