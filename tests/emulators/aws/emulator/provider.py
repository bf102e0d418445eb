"""A Pulumi provider that is attached to a running engine: translates resources into calls of the API, and keeps nothing."""
import concurrent.futures
import logging

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from . import functions, kinds_groups, kinds_machines, kinds_network, kinds_rights
from .kinds import Fault, Kind

log = logging.getLogger("provider")
# The npm package's own version: the engine wants plugins of exactly that.
VERSION = "7.48.0"


class Unrun(Kind):
    """Without machines: a command for a host is taken as done, and what it would have got is kept in a folder."""

    takes = {"connection", "create", "update", "delete", "stdin", "triggers", "addPreviousOutputInEnv", "logging"}

    def __init__(self, folder):
        self.folder = folder

    def create(self, calls, name, args):
        self.folder.mkdir(mode=0o700, exist_ok=True)
        (self.folder / name).write_text(args.get("stdin", ""))
        return name, {"stdout": "", "stderr": ""}

    def update(self, calls, thing, old, new):
        return {"stdout": "", "stderr": ""}

    def delete(self, calls, thing, state):
        pass


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    def __init__(self, calls, unrun=None):
        """`unrun`: a folder for what commands would get, where there is no machine to run them."""
        self.calls = calls
        self.kinds = {
            **kinds_network.kinds, **kinds_groups.kinds, **kinds_machines.kinds, **kinds_rights.kinds,
            **({} if unrun is None else {"command:remote:Command": Unrun(unrun)}),
        }

    # About itself.

    def Handshake(self, request, context):
        # The older way follows: Configure, Attach.
        context.set_code(grpc.StatusCode.UNIMPLEMENTED)
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version=VERSION)

    def Attach(self, request, context):
        return empty_pb2.Empty()

    def Cancel(self, request, context):
        return empty_pb2.Empty()

    def CheckConfig(self, request, context):
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request, context):
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request, context):
        return provider_pb2.ConfigureResponse(acceptSecrets=False, supportsPreview=False, acceptResources=False)

    # Resources.

    def kind(self, urn):
        """The last part of the type, which has those of the parents before it, and the resource's name."""
        token, name = urn.split("::")[-2].split("$")[-1], urn.split("::")[-1]
        found = self.kinds.get(token)
        if found is None:
            raise Fault(f"the emulator knows no {token} ({name}): teach it in tests/emulators/aws/emulator/kinds_*.py")
        return found, name

    def Check(self, request, context):
        kind, name = answered(context, self.kind, request.urn)
        news = values(request.news)
        strange = [key for key in news if key not in kind.takes | kind.fixed and not key.startswith("__")]
        return provider_pb2.CheckResponse(
            inputs=request.news,
            failures=[
                provider_pb2.CheckFailure(property=key, reason="the emulator would drop it; teach it in kinds_*.py")
                for key in strange
            ],
        )

    def Diff(self, request, context):
        kind, _ = answered(context, self.kind, request.urn)
        old, new = values(request.old_inputs), values(request.news)
        changed = sorted(key for key in kind.takes | kind.fixed if old.get(key) != new.get(key))
        replaced = [
            key for key in changed
            if key in kind.fixed and not (key == "userData" and not new.get("userDataReplaceOnChange"))
        ]
        result = provider_pb2.DiffResponse
        return result(changes=result.DIFF_SOME if changed else result.DIFF_NONE, diffs=changed, replaces=replaced)

    def Create(self, request, context):
        kind, name = answered(context, self.kind, request.urn)
        inputs = values(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(id="", properties=request.properties)
        thing, known = answered(context, kind.create, self.calls, name, inputs)
        return provider_pb2.CreateResponse(id=thing, properties=struct({**inputs, **known}))

    def Read(self, request, context):
        # No drift is looked for: what the state says is believed.
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Update(self, request, context):
        kind, _ = answered(context, self.kind, request.urn)
        old, new = values(request.olds), values(request.news)
        computed = {key: value for key, value in old.items() if key not in kind.takes | kind.fixed}
        known = {} if request.preview else answered(context, kind.update, self.calls, request.id, old, new)
        return provider_pb2.UpdateResponse(properties=struct({**computed, **new, **known}))

    def Delete(self, request, context):
        kind, _ = answered(context, self.kind, request.urn)
        answered(context, kind.delete, self.calls, request.id, values(request.properties))
        return empty_pb2.Empty()

    def Invoke(self, request, context):
        function = functions.functions.get(request.tok)
        if function is None:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"the emulator knows no {request.tok}: teach it in functions.py")
        answer = answered(context, function, self.calls, values(request.args))
        return provider_pb2.InvokeResponse(**{"return": struct(answer)})


def answered(context, function, *args):
    """What a function returns; what it throws becomes the provider's error, in the API's own words."""
    try:
        return function(*args)
    except Exception as error:
        log.exception("%s", function)
        context.abort(grpc.StatusCode.UNKNOWN, f"{type(error).__name__}: {error}")


def values(text):
    return json_format.MessageToDict(text)


def struct(plain):
    message = struct_pb2.Struct()
    message.update(plain)
    return message


def serve(provider, port):
    """Serves on loopback, returns the server and its port."""
    options = [(f"grpc.max_{way}_message_length", 400 * 1024 * 1024) for way in ("receive", "send")]
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=32), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, bound
