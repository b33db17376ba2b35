"""A gRPC server of C-core: grpc.testing.TestService/UnaryCall, which answers with the
server's number and the lb-token of the call, and grpc.health.v1.Health. It is driven by
JSON lines: one order a line on standard input, one answer a line on standard output. It
ends with its input. The messages are written by hand, so that it needs only grpc."""

import json
import sys
import threading
from concurrent import futures

import grpc

number, address = sys.argv[1:]

SERVING, NOT_SERVING = b"\x08\x01", b"\x08\x02"  # field 1 of a HealthCheckResponse


class Health:
    def __init__(self):
        self.changed = threading.Condition()
        self.status = SERVING

    def set(self, status):
        with self.changed:
            self.status = status
            self.changed.notify_all()

    def watch(self, _, context):
        told = None
        while context.is_active():
            with self.changed:
                self.changed.wait_for(lambda: self.status != told, timeout=1)
                fresh, told = self.status != told, self.status
            if fresh:
                yield told


def field(number, body):
    return bytes([number << 3 | 2, len(body)]) + body  # shorter than 128 bytes


def call(_, context):
    tokens = [v for k, v in context.invocation_metadata() if k == "lb-token"]
    body = f"{number} {','.join(tokens)}"
    return field(1, field(2, body.encode()))  # SimpleResponse.payload.body


health = Health()
server = grpc.server(futures.ThreadPoolExecutor(max_workers=20))
server.add_generic_rpc_handlers((
    grpc.method_handlers_generic_handler("grpc.testing.TestService", {
        "UnaryCall": grpc.unary_unary_rpc_method_handler(call),
    }),
    grpc.method_handlers_generic_handler("grpc.health.v1.Health", {
        "Check": grpc.unary_unary_rpc_method_handler(lambda _, __: health.status),
        "Watch": grpc.unary_stream_rpc_method_handler(health.watch),
    }),
))
port = server.add_insecure_port(address)
server.start()
print(json.dumps({"port": port}), flush=True)
for line in sys.stdin:
    health.set(SERVING if json.loads(line)["serving"] else NOT_SERVING)
    print("{}", flush=True)
server.stop(None)
