"""A handler in FastAPI, with a model of the body."""

import socket

import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from signed import signed


class Delivery(BaseModel):
    id: str
    scope: str
    merchantId: str
    authorizedAppId: str
    createdAt: str
    data: str
    signature: str


app = FastAPI()


@app.post("/hook")
async def receive(delivery: Delivery):
    if not signed(delivery.model_dump()):
        raise HTTPException(401)


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error")).run([listener])
