"""A release server on a folder of its own."""

import base64
import os
import re
import signal
import subprocess


class Server:
    def __init__(self, binary, folder):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("TARN_", "LAKEFS_"))}
        environment.update(HOME=folder, TARN_DATA_DIR=folder + "/data", TARN_LISTEN_ADDRESS="127.0.0.1:0")
        self.process = subprocess.Popen([os.path.abspath(binary), "run"], stdout=subprocess.PIPE, text=True, env=environment, cwd=folder)
        text = ""
        while "listening" not in text:
            text += self.process.stdout.readline()
        self.port = int(re.search(r"port=(\d+)", text).group(1))
        self.key = re.search(r"access_key_id: (\S+)", text).group(1)
        self.secret = re.search(r"secret_access_key: (\S+)", text).group(1)
        self.authorization = "Basic " + base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
