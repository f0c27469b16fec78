// Node's own fetch.
const { IKAS_BASE_URL, IKAS_CLIENT_ID, IKAS_CLIENT_SECRET } = process.env;
const scopes = ["store/order/created"];

const form = new URLSearchParams({
  grant_type: "client_credentials", client_id: IKAS_CLIENT_ID, client_secret: IKAS_CLIENT_SECRET,
});
const token = await (
  await fetch(`${IKAS_BASE_URL}/api/admin/oauth/token`, { method: "POST", body: form })
).json();

async function ask(query, variables) {
  const answer = await fetch(`${IKAS_BASE_URL}/api/v1/admin/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${token.access_token}`, "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  console.log(JSON.stringify(await answer.json()));
}

await ask("{ getMerchant { id } }");
await ask("mutation ($input: WebhookInput!) { saveWebhook(input: $input) { scope } }",
  { input: { endpoint: "https://example.com/hook", scopes } });
await ask("{ listWebhook { scope endpoint } }");
await ask("mutation ($scopes: [String!]!) { deleteWebhook(scopes: $scopes) }", { scopes });
