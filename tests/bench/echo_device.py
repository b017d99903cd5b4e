"""A minimal device: one MQTT client that replies to every command at once."""

import argparse
import json
import socket
import ssl
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

PROTOCOLS = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}
REPLY = json.dumps({"value": {"status": 1, "version": "bench"}})


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--host", "--port", "--ca", "--cert", "--key", "--device-id"):
        parser.add_argument(name, required=True)
    parser.add_argument("--mqtt", choices=PROTOCOLS, default="5")
    parser.add_argument("--reply-qos", type=int, default=1)
    parser.add_argument("--no-delay", action="store_true", help="switch Nagle's algorithm off")
    options = parser.parse_args()

    client = Client(CallbackAPIVersion.VERSION2, client_id=options.device_id, protocol=PROTOCOLS[options.mqtt])
    context = ssl.create_default_context(cafile=options.ca)
    context.check_hostname = False
    context.load_cert_chain(options.cert, options.key)
    client.tls_set_context(context)

    def connected(client: Client, _userdata: Any, *_: Any) -> None:
        client.subscribe(f"{options.device_id}/#", qos=1)

    def opened(_client: Client, _userdata: Any, connection: Any) -> None:
        if options.no_delay:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def answer(client: Client, _userdata: Any, message: MQTTMessage) -> None:
        properties = None
        correlation = getattr(message.properties, "CorrelationData", None)
        if correlation is not None:
            properties = Properties(PacketTypes.PUBLISH)
            properties.CorrelationData = correlation
        client.publish(f"server/{message.topic}", REPLY, qos=options.reply_qos, properties=properties)

    client.on_connect = connected
    client.on_socket_open = opened
    client.on_message = answer
    client.connect(options.host, int(options.port))
    client.loop_forever()


if __name__ == "__main__":
    main()
