import os
import time

from django.http import JsonResponse
from django.shortcuts import render

from .models import Product


def home(request):
    return render(request, "catalog/home.html", {"release": os.environ.get("SHOESTRING_RELEASE")})


def products(request):
    return JsonResponse({"products": list(Product.objects.values("name", "price_cents"))})


def slow(request):
    """A request that is under way while its process is replaced."""
    seconds = min(float(request.GET.get("seconds", "5")), 20)
    time.sleep(seconds)
    return JsonResponse({"slept": seconds, "release": os.environ.get("SHOESTRING_RELEASE")})
