#!/usr/bin/env python3
"""Starts a live migration over the bus and follows it to its end. Needs only a stock AMQP client (python3-pika) and docs/bus-api.md.

usage: migrate.py AMQP_URL VM_ID DESTINATION_HOST_ID [QUEUE]

Exit code: 0 the VM has moved, 1 it stayed or the migration failed, 2 the platform refused the command.
"""
import datetime
import json
import sys
import uuid

import pika

COMMAND_EXCHANGE = "orchestrator"
ENVELOPE = "application/vnd.masstransit+json"
EVENTS = [
    "HvPlatform.Contracts.Operations:OperationAccepted",
    "HvPlatform.Contracts.Operations:CommandRejected",
    "HvPlatform.Contracts.Migrations:MigrationStarted",
    "HvPlatform.Contracts.Migrations:MigrationPhaseChanged",
    "HvPlatform.Contracts.Migrations:MigrationProgressed",
    "HvPlatform.Contracts.Migrations:MigrationInDoubt",
    "HvPlatform.Contracts.Migrations:MigrationCompleted",
    "HvPlatform.Contracts.Migrations:MigrationRolledBack",
    "HvPlatform.Contracts.Migrations:MigrationFailed",
]


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat()


def command(operation, vm, host):
    """The envelope of MigrateVm. messageId is required: it tells a repeated delivery from a new message."""
    return {
        "messageId": str(uuid.uuid4()),
        "conversationId": operation,
        "messageType": ["urn:message:HvPlatform.Contracts.Migrations:MigrateVm"],
        "headers": {"hv-key": vm},
        "message": {
            "operationId": operation,
            "vmId": vm,
            "destinationHostId": host,
            "policy": {"mode": "Auto"},
            "trail": {"requestedBy": "bus-sample", "reason": "to show how", "requestedAt": now()},
        },
    }


def tell(kind, message):
    """Prints one event; returns the exit code if it is the last one."""
    if kind == "MigrationProgressed":
        print(f"progress {message['progress']['percent']:.0f} %", flush=True)
    elif kind == "MigrationPhaseChanged":
        print(f"phase {message['to']}", flush=True)
    elif kind == "MigrationInDoubt":
        print(f"in doubt: {message.get('unknown')}; it resolves itself when the hosts answer", flush=True)
    elif kind == "CommandRejected":
        print(f"rejected {message['error']['code']}: {message['error']['message']}", flush=True)
        return 2
    elif kind == "MigrationCompleted":
        print(f"completed in {message['totalMs']} ms", flush=True)
        return 0
    elif kind in ("MigrationRolledBack", "MigrationFailed"):
        print(f"{kind}: {(message.get('error') or {}).get('message', 'cancelled')}", flush=True)
        return 1
    else:
        print(kind, flush=True)
    return None


def main(url, vm, host, queue="bus-sample"):
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()

    # A queue of our own. It is durable, so that what happens while this program is not running waits for it.
    channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
    for event in EVENTS:
        channel.exchange_declare(event, exchange_type="fanout", durable=True)
        channel.queue_bind(queue, event)
    channel.basic_qos(prefetch_count=16)

    # The sender chooses the operation's id: sending the same command again with it changes nothing.
    operation = str(uuid.uuid4())
    channel.confirm_delivery()
    channel.basic_publish(
        COMMAND_EXCHANGE, "", json.dumps(command(operation, vm, host)).encode(),
        pika.BasicProperties(content_type=ENVELOPE, delivery_mode=2), mandatory=True)
    print(f"operation {operation}", flush=True)

    end = None
    for delivery, _, body in channel.consume(queue):
        envelope = json.loads(body)
        message = envelope["message"]
        if message.get("operationId") == operation:
            end = tell(envelope["messageType"][0].rsplit(":", 1)[1], message)
        channel.basic_ack(delivery.delivery_tag)
        if end is not None:
            break

    channel.cancel()
    channel.queue_delete(queue)
    connection.close()
    return end


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
