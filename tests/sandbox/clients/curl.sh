# curl: the token path with a form, then the API.
ask() {
  curl --silent --show-error --header "Authorization: Bearer $token" \
    --header "Content-Type: application/json" --data "$1" "$IKAS_BASE_URL/api/v1/admin/graphql"
}
answer="$(curl --silent --show-error --data grant_type=client_credentials \
  --data "client_id=$IKAS_CLIENT_ID" --data "client_secret=$IKAS_CLIENT_SECRET" \
  "$IKAS_BASE_URL/api/admin/oauth/token")"
token="$(printf %s "$answer" | sed 's/.*"access_token": *"\([^"]*\)".*/\1/')"
ask '{"query": "{ getMerchant { id } }"}'
ask '{"query": "mutation { saveWebhook(input: {endpoint: \"https://example.com/hook\", scopes: [\"store/order/created\"]}) { scope } }"}'
ask '{"query": "{ listWebhook { scope endpoint } }"}'
ask '{"query": "mutation { deleteWebhook(scopes: [\"store/order/created\"]) }"}'
