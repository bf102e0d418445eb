"""
An emulated region of EC2, for tests:  python -m emulator --state FOLDER [--machines incus …]
Runs until it is ended by a signal; writes FOLDER/ready with what a program needs to use it, and FOLDER/log.
"""
import argparse
import json
import logging
import os
import pathlib
import signal
import sys
import threading

here = pathlib.Path(__file__).resolve().parent.parent
os.environ["MOTO_AMIS_PATH"] = str(here / "images.json")
# The one that the operator's own calls are signed with; no secret of anybody's.
OPERATOR = ("AKIAEMULATEDOPERATOR", "emulated/secret+of=the/operator")

import boto3  # noqa: E402  moto reads the variables above when it is loaded
import botocore.config  # noqa: E402
from botocore.credentials import Credentials  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: E402

from . import api, metadata, provider, quirks  # noqa: E402
from .kinds import Calls  # noqa: E402
from .pool import Pool  # noqa: E402
from .signatures import Callers  # noqa: E402


def arguments():
    words = argparse.ArgumentParser()
    words.add_argument("--state", type=pathlib.Path, required=True)
    words.add_argument("--region", default="eu-central-1")
    words.add_argument("--addresses", default="203.0.113.0/24", help="of the emulated internet, for elastic addresses")
    words.add_argument("--world", type=pathlib.Path, help="JSON: machines are made, as it says. Without it: none are")
    return words.parse_args()


def main():
    words = arguments()
    words.state.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=words.state / "log", level=logging.INFO, format="%(created).3f %(name)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    quirks.apply()
    callers = Callers()
    callers.add("operator", Credentials(*OPERATOR))
    ended = threading.Event()

    def client(service):
        # A machine that ends shuts down first.
        config = botocore.config.Config(max_pool_connections=40, read_timeout=300, retries={"max_attempts": 1, "mode": "standard"})
        return boto3.client(
            service, region_name=words.region, endpoint_url=f"http://127.0.0.1:{port}", config=config,
            aws_access_key_id=OPERATOR[0], aws_secret_access_key=OPERATOR[1])

    world = None

    def after(*call):
        if world is not None:
            world.after(*call)

    application = api.Api(DomainDispatcherApplication(create_backend_app), callers, after)
    port = api.serve(application, "127.0.0.1", 0)
    calls = Calls(words.region, client, Pool(words.addresses))
    unrun = None
    if words.world is not None:
        from .world import World
        world = World(json.loads(words.world.read_text()), calls, callers, application)
    else:
        unrun = words.state / "commands"
    # Where there are no machines a test says in the path which one asks.
    asked = metadata.Metadata(calls, callers, lambda _, named: named)
    metadata_port = api.serve(asked, "127.0.0.1", 0)
    server, provider_port = provider.serve(provider.Provider(calls, unrun), 0)
    ready = {
        "region": words.region,
        "pid": os.getpid(),
        "python": sys.prefix,
        "metadata": f"http://127.0.0.1:{metadata_port}",
        "environment": {
            "PULUMI_DEBUG_PROVIDERS": f"aws:{provider_port}" + ("" if world else f",command:{provider_port}"),
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": OPERATOR[0],
            "AWS_SECRET_ACCESS_KEY": OPERATOR[1],
            "AWS_DEFAULT_REGION": words.region,
        },
    }
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    part = words.state / "ready.part"
    part.write_text(json.dumps(ready))
    part.rename(words.state / "ready")
    ended.wait()
    server.stop(1)
    if world is not None:
        world.close()


main()
