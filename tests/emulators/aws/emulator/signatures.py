"""Who calls? moto asks nobody; here botocore's own signer signs each request again, and the two must agree."""
import datetime
import re
import threading

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

# As Amazon: later than this a signature is worth nothing.
WORTH = datetime.timedelta(minutes=5)
SCHEME = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?"
    r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})"
)


class Refused(Exception):
    """Amazon's code and message for a caller that is not known."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class _Again(SigV4Auth):
    """botocore's signer, for the headers and the time that the caller chose."""

    def __init__(self, credentials, service, region, signed):
        super().__init__(credentials, service, region)
        self.signed = signed

    def headers_to_sign(self, request):
        chosen = super().headers_to_sign(request)
        for name in set(chosen.keys()):
            if name not in self.signed:
                del chosen[name]
        for name in self.signed:
            if name not in chosen:
                chosen[name] = request.headers[name]
        return chosen


class Callers:
    """Keys that are known, and whose they are."""

    def __init__(self):
        self.lock = threading.Lock()
        self.known = {}

    def add(self, who, credentials):
        """`who` may call with these credentials of botocore from now on."""
        with self.lock:
            self.known[credentials.access_key] = (who, credentials)

    def check(self, method, url, headers, body):
        """Returns who called; throws Refused. `headers` has small names."""
        match = SCHEME.fullmatch(headers.get("authorization", ""))
        if not match:
            raise Refused("MissingAuthenticationToken", "the request has no signature of version 4")
        key, day, region, service, names, given = match.groups()
        signed = names.split(";")
        with self.lock:
            who, credentials = self.known.get(key, (None, None))
        if who is None:
            raise Refused("AuthFailure", f"the access key {key} is nobody's")
        moment = headers.get("x-amz-date", "")
        if abs(_time(moment) - datetime.datetime.now(datetime.timezone.utc)) > WORTH or moment[:8] != day:
            raise Refused("RequestExpired", f"the request is of {moment}")
        wanted = {"host", "x-amz-date"} | ({"x-amz-security-token"} if credentials.token else set())
        if not wanted <= set(signed):
            raise Refused("SignatureDoesNotMatch", f"not signed: {', '.join(sorted(wanted - set(signed)))}")
        if credentials.token and headers.get("x-amz-security-token") != credentials.token:
            raise Refused("AuthFailure", "the session's token is another one")
        request = AWSRequest(method, url, {name: headers.get(name, "") for name in signed}, body)
        request.context["timestamp"] = moment
        again = _Again(Credentials(credentials.access_key, credentials.secret_key), service, region, signed)
        canonical = again.canonical_request(request)
        if again.signature(again.string_to_sign(request, canonical), request) != given:
            raise Refused("SignatureDoesNotMatch", f"botocore signs another text: {canonical!r}")
        return who


def _time(text):
    try:
        return datetime.datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    except ValueError as error:
        raise Refused("IncompleteSignature", f"no time of a request: {text!r}") from error
