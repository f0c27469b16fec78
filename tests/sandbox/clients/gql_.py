"""gql, which fetches the schema and checks each operation against it."""

import json
import os

from gql import Client
from gql.dsl import DSLMutation, DSLQuery, DSLSchema, dsl_gql
from gql.transport.httpx import HTTPXTransport

HOOK = {"endpoint": "https://example.com/hook", "scopes": ["store/order/created"]}

transport = HTTPXTransport(
    url=f"{os.environ['IKAS_BASE_URL']}/api/v1/admin/graphql",
    headers={"Authorization": f"Bearer {os.environ['IKAS_ACCESS_TOKEN']}"},
)
with Client(transport=transport, fetch_schema_from_transport=True) as session:
    ds = DSLSchema(session.client.schema)
    for operation in (
        DSLQuery(ds.Query.getMerchant.select(ds.MerchantResponse.id)),
        DSLMutation(ds.Mutation.saveWebhook(input=HOOK).select(ds.Webhook.scope)),
        DSLQuery(ds.Query.listWebhook.select(ds.Webhook.scope, ds.Webhook.endpoint)),
        DSLMutation(ds.Mutation.deleteWebhook(scopes=HOOK["scopes"])),
    ):
        print(json.dumps({"data": session.execute(dsl_gql(operation))}))
