// graphql-codegen with the official preset: the schema, and a client for an app's login.
import { generate } from "@graphql-codegen/cli";
import { preset } from "@ikas/admin-api-client";

const documents = `
  query me { me { id name scopes } }
  query getMerchant { getMerchant { id merchantName storeName } }
  query getAuthorizedApp { getAuthorizedApp { id scope salesChannelId } }
  query listSalesChannel { listSalesChannel { id name type } }
`;
const [{ content }] = await generate({
  schema: `${process.env.IKAS_BASE_URL}/api/v1/admin/graphql`,
  documents,
  generates: { "client.ts": { preset, plugins: [] } },
  silent: true,
}, false);
console.log(JSON.stringify({ methods: [...content.matchAll(/async (\w+)\(/g)].map((m) => m[1]) }));
