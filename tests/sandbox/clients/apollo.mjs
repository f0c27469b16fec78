// Apollo Client, with its cache.
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";

const { IKAS_BASE_URL, IKAS_ACCESS_TOKEN } = process.env;
const scopes = ["store/order/created"];

const client = new ApolloClient({
  cache: new InMemoryCache(),
  link: new HttpLink({
    uri: `${IKAS_BASE_URL}/api/v1/admin/graphql`,
    headers: { authorization: `Bearer ${IKAS_ACCESS_TOKEN}` },
  }),
});
const print = ({ data }) => console.log(JSON.stringify({ data }));

print(await client.query({ query: gql`{ getMerchant { id } }` }));
print(await client.mutate({
  mutation: gql`mutation Save($input: WebhookInput!) { saveWebhook(input: $input) { scope } }`,
  variables: { input: { endpoint: "https://example.com/hook", scopes } },
}));
print(await client.query({ query: gql`{ listWebhook { scope endpoint } }` }));
print(await client.mutate({
  mutation: gql`mutation Delete($scopes: [String!]!) { deleteWebhook(scopes: $scopes) }`,
  variables: { scopes },
}));
