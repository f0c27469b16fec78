# Generated from webhooks.graphql by ikas_explore.schema.regenerate with sgqlc-codegen.
# Do not edit: change the source and run it again.
import sgqlc.types
from ikas_explore.schema.v1 import *


v2 = sgqlc.types.Schema(v1)
v2 -= v1.Mutation


__docformat__ = 'markdown'


########################################################################
# Scalars and Enumerations
########################################################################

########################################################################
# Input Objects
########################################################################

########################################################################
# Output Objects and Interfaces
########################################################################
class Mutation(sgqlc.types.Type):
    __schema__ = v2
    __field_names__ = ('delete_webhook', 'save_webhooks')
    delete_webhook = sgqlc.types.Field(sgqlc.types.non_null('Boolean'), graphql_name='deleteWebhook', args=sgqlc.types.ArgDict((
        ('scopes', sgqlc.types.Arg(sgqlc.types.non_null(sgqlc.types.list_of(sgqlc.types.non_null('String'))), graphql_name='scopes', default=None)),
))
    )
    '''Use this mutation to delete webhooks by giving scope list.

    Arguments:

    * `scopes` (`[String!]!`)None
    '''

    save_webhooks = sgqlc.types.Field(sgqlc.types.list_of(sgqlc.types.non_null('Webhook')), graphql_name='saveWebhooks', args=sgqlc.types.ArgDict((
        ('input', sgqlc.types.Arg(sgqlc.types.non_null('WebhookInput'), graphql_name='input', default=None)),
))
    )
    '''Use this mutation to save webhooks by using multiple scope
    variables. After saving a webhook, ikas will start to push new
    webhooks to given url endpoint. If endpoint is unreachable or
    returns an error code other than HTTP 200 ikas will try to push
    webhook for 3 times then stops sending webhook.

    Arguments:

    * `input` (`WebhookInput!`)None
    '''




########################################################################
# Unions
########################################################################

########################################################################
# Schema Entry Points
########################################################################
v2.query_type = Query
v2.mutation_type = Mutation
v2.subscription_type = None

