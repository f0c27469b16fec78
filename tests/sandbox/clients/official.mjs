// The official packages: an app's login with the OAuth helper, which speaks https alone, then
// the client with the operations that it brings.
import { OAuthAPI } from "@ikas/admin-api-client";
import { ikasAdminGraphQLAPIClient } from "@ikas/api-client";

const { IKAS_BASE_URL, IKAS_CLIENT_ID, IKAS_CLIENT_SECRET, IKAS_CODE } = process.env;
const scopes = ["store/order/created"];
let accessToken = process.env.IKAS_ACCESS_TOKEN;

const { protocol, hostname, port } = new URL(IKAS_BASE_URL);
if (protocol === "https:") {
  const where = { storeName: hostname, storeDomain: `:${port}` };
  const app = { client_id: IKAS_CLIENT_ID, client_secret: IKAS_CLIENT_SECRET };
  const first = await OAuthAPI.getTokenWithAuthorizationCode(
    { ...app, code: IKAS_CODE, redirect_uri: "https://example.com/" }, where);
  const token = await OAuthAPI.refreshToken(
    { ...app, refresh_token: first.data.refresh_token }, where);
  accessToken = token.data.access_token;
}

const { queries, mutations } = new ikasAdminGraphQLAPIClient({
  accessToken, graphApiUrl: `${IKAS_BASE_URL}/api/v1/admin/graphql`,
});

async function ask(kind, name, variables, query) {
  const answer = await kind[name]({ variables, query });
  if (!answer.isSuccess) throw new Error(JSON.stringify(answer));
  console.log(JSON.stringify({ data: { [name]: answer.data } }));
}

await ask(queries, "me");
await ask(queries, "getAuthorizedApp");
await ask(queries, "listSalesChannel");
await ask(queries, "listOrder", {}, "{ listOrder { count data { id } } }");
await ask(queries, "getMerchant");
await ask(mutations, "saveWebhook", { input: { endpoint: "https://example.com/hook", scopes } });
await ask(queries, "listWebhook");
await ask(mutations, "deleteWebhook", { scopes });
