"""A stock gRPC client that does what it is told on standard input, one JSON object a line, and answers each with one. Arguments: ADDRESS DESCRIPTORS [CA CERT KEY].

{"id": 1, "method": "/package.Service/Method", "request": {…}, "timeout": seconds, "metadata": {…}, "stream": bool, "cancelAfter": messages, "raw": base64}
"""
import base64
import json
import sys
import threading

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

pool = descriptor_pool.DescriptorPool()
files = descriptor_pb2.FileDescriptorSet()
with open(sys.argv[2], "rb") as f:
    files.ParseFromString(f.read())
for file in files.file:
    pool.Add(file)


def message(descriptor):
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)


options = [("grpc.enable_http_proxy", 0), ("grpc.max_send_message_length", 64 << 20)]
if len(sys.argv) > 3:
    read = [open(name, "rb").read() for name in sys.argv[3:6]]
    authority, certificate, key = (read + [None, None])[:3]
    credentials = grpc.ssl_channel_credentials(authority, key, certificate)
    channel = grpc.secure_channel(sys.argv[1], credentials, options)
else:
    channel = grpc.insecure_channel(sys.argv[1], options)

written = threading.Lock()


def say(answer):
    with written:
        print(json.dumps(answer), flush=True)


def as_json(answer):
    return json_format.MessageToDict(answer, preserving_proto_field_name=True, descriptor_pool=pool)


def run(order):
    answer = {"id": order["id"], "messages": []}
    call = None
    try:
        service, name = order["method"].lstrip("/").split("/")
        method = pool.FindServiceByName(service).methods_by_name[name]
        request = json_format.ParseDict(order.get("request", {}), message(method.input_type)())
        serialize = (lambda _: base64.b64decode(order["raw"])) if "raw" in order else (lambda m: m.SerializeToString())
        make = channel.unary_stream if order.get("stream") else channel.unary_unary
        stub = make(order["method"], serialize, message(method.output_type).FromString)
        metadata = list(order.get("metadata", {}).items())
        arguments = {"metadata": metadata, "timeout": order.get("timeout", 60)}
        if order.get("compress"):
            arguments["compression"] = grpc.Compression.Gzip
        if order.get("stream"):
            call = stub(request, **arguments)
            call.initial_metadata()
            say({"id": order["id"], "open": True})
            for one in call:
                answer["messages"].append(as_json(one))
                say({"id": order["id"], "message": answer["messages"][-1]})
                if order.get("cancelAfter") == len(answer["messages"]):
                    call.cancel()
        else:
            one, call = stub.with_call(request, **arguments)
            answer["messages"].append(as_json(one))
        answer["code"] = "OK"
    except grpc.RpcError as e:
        call = e
        answer["code"] = e.code().name
        answer["details"] = e.details()
    except grpc.FutureCancelledError:
        answer["code"] = "CANCELLED"
    if call is not None:
        answer["initial"] = {k: v for k, v in call.initial_metadata() or [] if isinstance(v, str)}
        for key, value in call.trailing_metadata() or []:
            if key == "grpc-status-details-bin":
                status = message(pool.FindMessageTypeByName("google.rpc.Status"))()
                status.ParseFromString(value)
                detail = message(pool.FindMessageTypeByName("google.rpc.ErrorInfo"))()
                status.details[0].Unpack(detail)
                answer["error"] = {"reason": detail.reason, "domain": detail.domain, **dict(detail.metadata)}
    say(answer)


for line in sys.stdin:
    threading.Thread(target=run, args=(json.loads(line),), daemon=True).start()
