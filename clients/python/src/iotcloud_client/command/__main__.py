from iotcloud_client.command.main import run

run()
