"""How handlers check a delivery by hand, as ikas documents it."""

import hashlib
import hmac
import json
import os

SECRET = os.environ["IKAS_CLIENT_SECRET"].encode()


def signed(body):
    expected = hmac.new(SECRET, body["data"].encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, body["signature"]) and json.loads(body["data"])
