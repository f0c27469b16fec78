// axios, with JSON for the token as one published client sends it.
import axios from "axios";

const { IKAS_BASE_URL, IKAS_CLIENT_ID, IKAS_CLIENT_SECRET } = process.env;
const scopes = ["store/order/created"];

const token = await axios.post(`${IKAS_BASE_URL}/api/admin/oauth/token`, {
  grant_type: "client_credentials", client_id: IKAS_CLIENT_ID, client_secret: IKAS_CLIENT_SECRET,
});
const api = axios.create({
  baseURL: `${IKAS_BASE_URL}/api/v1/admin`,
  headers: { Authorization: `Bearer ${token.data.access_token}` },
});

async function ask(query, variables) {
  console.log(JSON.stringify((await api.post("/graphql", { query, variables })).data));
}

await ask("{ getMerchant { id } }");
await ask("mutation ($input: WebhookInput!) { saveWebhook(input: $input) { scope } }",
  { input: { endpoint: "https://example.com/hook", scopes } });
await ask("{ listWebhook { scope endpoint } }");
await ask("mutation ($scopes: [String!]!) { deleteWebhook(scopes: $scopes) }", { scopes });
