import os

from django.http import HttpResponse


def answer_ping(get_response):
    """Answers the probe before hosts are checked and without the database, and names the release."""

    def middleware(request):
        if request.path == "/healthz":
            release = os.environ.get("SHOESTRING_RELEASE", "")
            return HttpResponse("ok\n", headers={"Shoestring-Release": release})
        return get_response(request)

    return middleware
