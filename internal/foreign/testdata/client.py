"""A gRPC channel of C-core that is driven by JSON lines: one order a line on
standard input, one answer a line on standard output. It ends with its input."""

import base64
import json
import sys
import threading

import grpc

METHOD = "/grpc.testing.TestService/UnaryCall"


class Channel:
    def __init__(self, order):
        options = list(order["options"].items())
        if order.get("root"):
            trust = grpc.ssl_channel_credentials(order["root"].encode())
            self.channel = grpc.secure_channel(order["target"], trust, options)
        else:
            self.channel = grpc.insecure_channel(order["target"], options)
        self.method = self.channel.unary_unary(METHOD)  # bytes in, bytes out
        self.stop = threading.Event()
        self.answers = []

    def call(self, wait, timeout):
        try:
            body = self.method(b"", wait_for_ready=wait, timeout=timeout)
            return {"body": base64.b64encode(body).decode()}
        except grpc.RpcError as e:
            return {"code": e.code().value[0], "detail": e.details()}

    def calls(self, order):
        return [self.call(order["wait"], order["timeout"]) for _ in range(order["n"])]

    def begin(self, order):
        def run():
            while not self.stop.is_set():
                self.answers.append(self.call(order["wait"], order["timeout"]))

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()

    def end(self, _):
        self.stop.set()
        self.thread.join()
        return self.answers

    def close(self, _):
        self.channel.close()


channels = {}
for line in sys.stdin:
    order = json.loads(line)
    if order["do"] == "open":
        channels[order["channel"]] = Channel(order)
        answers = None
    else:
        answers = getattr(channels[order["channel"]], order["do"])(order)
    print(json.dumps({"answers": answers}), flush=True)
