"""AWS of a test: moto's S3 and Glue on a free port of this machine. It checks no signatures."""

import logging

import boto3
from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").setLevel(logging.ERROR)


class Aws:
    KEY, SECRET, REGION = "testing", "testing", "us-east-1"

    def __init__(self):
        self._moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._moto.start()
        self.url = "http://%s:%s" % self._moto.get_host_and_port()
        self.s3 = self.client("s3")
        self.glue = self.client("glue")

    def client(self, service):
        return boto3.client(
            service, endpoint_url=self.url, region_name=self.REGION, aws_access_key_id=self.KEY, aws_secret_access_key=self.SECRET
        )

    def client_as(self, service, role_arn):
        """A client of the account whose role it is, which sees what is in that account."""
        keys = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=self.REGION,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    def variables(self):
        """What a server needs to find this AWS and keep its objects there."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.KEY,
            "AWS_SECRET_ACCESS_KEY": self.SECRET,
            "AWS_REGION": self.REGION,
            "TARN_BLOCKSTORE_TYPE": "s3",
        }

    def stop(self):
        self._moto.stop()
