"""requests, with a form for the token."""

import json
import os

import requests

BASE = os.environ["IKAS_BASE_URL"]
HOOK = {"endpoint": "https://example.com/hook", "scopes": ["store/order/created"]}

form = {
    "grant_type": "client_credentials",
    "client_id": os.environ["IKAS_CLIENT_ID"],
    "client_secret": os.environ["IKAS_CLIENT_SECRET"],
}
token = requests.post(f"{BASE}/api/admin/oauth/token", data=form, timeout=10).json()
session = requests.Session()
session.headers["Authorization"] = f"Bearer {token['access_token']}"


def ask(query, **variables):
    body = {"query": query, "variables": variables}
    answer = session.post(f"{BASE}/api/v1/admin/graphql", json=body, timeout=10)
    answer.raise_for_status()
    print(json.dumps(answer.json()))


ask("{ getMerchant { id } }")
ask("mutation ($input: WebhookInput!) { saveWebhook(input: $input) { scope } }", input=HOOK)
ask("{ listWebhook { scope endpoint } }")
ask("mutation ($s: [String!]!) { deleteWebhook(scopes: $s) }", s=HOOK["scopes"])
