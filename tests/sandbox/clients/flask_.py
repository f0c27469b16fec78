"""A handler in Flask."""

from flask import Flask, abort, request
from signed import signed
from werkzeug.serving import make_server

app = Flask(__name__)


@app.post("/hook")
def receive():
    if not signed(request.get_json()):
        abort(401)
    return "", 200


server = make_server("127.0.0.1", 0, app)
print(server.port, flush=True)
server.serve_forever()
