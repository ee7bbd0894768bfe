import os
from pathlib import Path

release = Path(__file__).resolve().parent.parent

SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]
DEBUG = False
ALLOWED_HOSTS = os.environ["DJANGO_ALLOWED_HOSTS"].split(",")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

INSTALLED_APPS = ["django.contrib.staticfiles", "catalog"]
MIDDLEWARE = [
    "catalog.health.answer_ping",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
]
ROOT_URLCONF = "catalog.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

# PGHOST, PGUSER and PGPASSWORD come from the service's config; without them, a file for a try.
if "PGHOST" in os.environ:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": os.environ["PGHOST"],
            "USER": os.environ["PGUSER"],
            "PASSWORD": os.environ["PGPASSWORD"],
            "NAME": os.environ.get("PGDATABASE", "catalog"),
            "CONN_MAX_AGE": 60,
        }
    }
else:
    folder = os.environ.get("SQLITE_FOLDER", "/tmp")
    DATABASES = {
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/catalog.sqlite3"}
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Hashed names: both releases' files have names of their own during a roll, and after a rollback
# no cache holds a file of the release that was rolled back under a name that is still asked for.
STATIC_URL = "/static/"
STATIC_ROOT = release / "public" / "static"
STORAGES = {
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
}
