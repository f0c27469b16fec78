"""A handler in Django: a view without CSRF, as a webhook has no cookie."""

import json
from wsgiref.simple_server import make_server

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from signed import signed


@csrf_exempt
@require_POST
def receive(request):
    return HttpResponse(status=200 if signed(json.loads(request.body)) else 401)


urlpatterns = [path("hook", receive)]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="not used")
django.setup()
server = make_server("127.0.0.1", 0, get_wsgi_application())
print(server.server_port, flush=True)
server.serve_forever()
