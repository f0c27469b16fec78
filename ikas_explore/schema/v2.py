# Generated from webhooks.graphql by ikas_explore.schema.regenerate with sgqlc-codegen.
# Do not edit: change the source and run it again.
import sgqlc.types


v2 = sgqlc.types.Schema()


__docformat__ = 'markdown'


########################################################################
# Scalars and Enumerations
########################################################################
Boolean = sgqlc.types.Boolean

ID = sgqlc.types.ID

String = sgqlc.types.String

class Timestamp(sgqlc.types.Scalar):
    '''Unix time in milliseconds, UTC, as a JSON number. (sdk)'''
    __schema__ = v2



########################################################################
# Input Objects
########################################################################
class WebhookInput(sgqlc.types.Input):
    '''What to save: one endpoint for one or more scopes. (sdk)'''
    __schema__ = v2
    __field_names__ = ('endpoint', 'sales_channel_ids', 'scopes')
    endpoint = sgqlc.types.Field(sgqlc.types.non_null(String), graphql_name='endpoint')
    '''URL address that webhooks will be pushed.'''

    sales_channel_ids = sgqlc.types.Field(sgqlc.types.list_of(sgqlc.types.non_null(String)), graphql_name='salesChannelIds')
    '''Sales channels to limit the webhooks to; cannot be read back.
    (sdk)
    '''

    scopes = sgqlc.types.Field(sgqlc.types.non_null(sgqlc.types.list_of(sgqlc.types.non_null(String))), graphql_name='scopes')
    '''Scopes to save; a single string is accepted as a list of one.
    (seed's example)
    '''




########################################################################
# Output Objects and Interfaces
########################################################################
class Mutation(sgqlc.types.Type):
    __schema__ = v2
    __field_names__ = ('delete_webhook', 'save_webhooks')
    delete_webhook = sgqlc.types.Field(sgqlc.types.non_null(Boolean), graphql_name='deleteWebhook', args=sgqlc.types.ArgDict((
        ('scopes', sgqlc.types.Arg(sgqlc.types.non_null(sgqlc.types.list_of(sgqlc.types.non_null(String))), graphql_name='scopes', default=None)),
))
    )
    '''Use this mutation to delete webhooks by giving scope list.

    Arguments:

    * `scopes` (`[String!]!`)None
    '''

    save_webhooks = sgqlc.types.Field(sgqlc.types.list_of(sgqlc.types.non_null('Webhook')), graphql_name='saveWebhooks', args=sgqlc.types.ArgDict((
        ('input', sgqlc.types.Arg(sgqlc.types.non_null(WebhookInput), graphql_name='input', default=None)),
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



class Query(sgqlc.types.Type):
    __schema__ = v2
    __field_names__ = ('list_webhook',)
    list_webhook = sgqlc.types.Field(sgqlc.types.non_null(sgqlc.types.list_of(sgqlc.types.non_null('Webhook'))), graphql_name='listWebhook')
    '''Use this query to list active webhooks of your application.'''



class Webhook(sgqlc.types.Type):
    '''Webhook model description.'''
    __schema__ = v2
    __field_names__ = ('created_at', 'deleted', 'endpoint', 'id', 'scope', 'updated_at')
    created_at = sgqlc.types.Field(Timestamp, graphql_name='createdAt')
    '''Time the webhook was first saved. (seed's examples, type from sdk)'''

    deleted = sgqlc.types.Field(sgqlc.types.non_null(Boolean), graphql_name='deleted')
    '''Whether the webhook is deleted. (seed's examples, type from sdk)'''

    endpoint = sgqlc.types.Field(sgqlc.types.non_null(String), graphql_name='endpoint')
    '''URL address that webhooks will be pushed.'''

    id = sgqlc.types.Field(sgqlc.types.non_null(ID), graphql_name='id')

    scope = sgqlc.types.Field(sgqlc.types.non_null(String), graphql_name='scope')
    '''Scope of webhook that defines content of webhook.'''

    updated_at = sgqlc.types.Field(Timestamp, graphql_name='updatedAt')
    '''Time the webhook was last saved. (seed's examples, type from sdk)'''




########################################################################
# Unions
########################################################################

########################################################################
# Schema Entry Points
########################################################################
v2.query_type = Query
v2.mutation_type = Mutation
v2.subscription_type = None

