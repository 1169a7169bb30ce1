"""Settings of the shop.

Without any variable this is a developer's shop: private services, mails in files, the sandbox processor,
served to this machine only. `SHOP_ENV=production` asks for SECRET_KEY, ALLOWED_HOSTS, DATABASE_URL and
REDIS_URL, wants TLS, and knows no sandbox. `DEBUG=1` adds tracebacks in the browser, never in production.
"""

import logging
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
import django_stubs_ext

from config import environment, policies
from config.local import services
from config.local.state import State
from config.observing import logs
from config.staff import look

django_stubs_ext.monkeypatch()  # lets admin classes and fields take type parameters at run time

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = Path(os.environ.get("SHOP_STATE", BASE_DIR / ".state"))
PRODUCTION = environment.is_production()
DEBUG = environment.flag("DEBUG") and not PRODUCTION
SANDBOX_ENABLED = not PRODUCTION
# A page on which anybody may break the shop is for a shop that takes no money.
LAB_ENABLED = SANDBOX_ENABLED
if PRODUCTION:
    SECRET_KEY = environment.required("SECRET_KEY")
    ALLOWED_HOSTS = environment.required_words("ALLOWED_HOSTS")
    DATABASE_URL = environment.required("DATABASE_URL")
    REDIS_URL = environment.required("REDIS_URL")
else:
    SECRET_KEY = os.environ.get("SECRET_KEY") or environment.development_key(STATE_DIR)
    ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *environment.words("ALLOWED_HOSTS")]
    DATABASE_URL = services.database_url(STATE_DIR)
    REDIS_URL = services.redis_url(STATE_DIR)

INSTALLED_APPS = [
    *look.admin_apps(),
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "config.accounts",
    "config.api",
    "config.staff.apps.StaffConfig",
    "config.observing",
    "eventbus",
    "payments",
    "inventory",
    "catalog",
    "orders",
    *(["config.lab"] if LAB_ENABLED else []),
]
MIDDLEWARE = [
    "eventbus.middleware.CorrelationMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.policies.PolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.observing.middleware.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.accounts.second_factor.door.SecondFactorMiddleware",
    "config.api.tokens.TokenMiddleware",
    "eventbus.middleware.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.throttling.ThrottlingMiddleware",
    "config.api.limits.LimitHeadersMiddleware",
    "config.api.waiting.WaitingMiddleware",
    "axes.middleware.AxesMiddleware",
    "config.api.idempotency.IdempotencyMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.theme.theme",
                "catalog.views.departments",
                "orders.views.basket",
            ],
            # Every room shows products.
            "builtins": ["catalog.templatetags.pictures"],
        },
    }
]

DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=None, conn_health_checks=True)}
# Postgres takes a random read for four times as dear as the next one, as on a turning disk, and scans whole
# tables where an index would do. Compiling a statement takes it longer than running any of ours.
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c random_page_cost=1.1 -c jit=off")
# Each connection prepares what it runs for the fifth time: planning is a quarter of the server's work.
DATABASES["default"]["OPTIONS"].setdefault("prepare_threshold", 5)
DATABASES["default"]["OPTIONS"].setdefault("server_side_binding", True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL},
    # What the API's limits count while Redis is away.
    "limits": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "limits",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}

# The broker carries wake-ups only: losing one costs seconds, so nothing is acknowledged late or kept.
EVENTBUS = {
    "DISPATCH": os.environ.get("EVENTBUS_DISPATCH", "celery"),
    "GUARD": not PRODUCTION,
    # Where staff see what a stream is about.
    "STREAM_PAGES": {"order-": "admin:orders_order_change"},
}
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
    "socket_keepalive": True,
    "ack_emulation": False,  # with it, a worker that holds wake-ups when the broker goes may end
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "handlers"
CELERY_TASK_TRACK_STARTED = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_SEND_TASK_EVENTS = False
# What the clock asks for, and how often. A round that no worker took up in time is left to the next one.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "expire reservations": {
        "task": "inventory.expire_reservations",
        "schedule": 10.0,
        "options": {"expires": 10.0, "retry": False},
    },
    "forget answers": {
        "task": "api.forget_answers",
        "schedule": 3600.0,
        "options": {"expires": 3600.0, "retry": False},
    },
    "follow parcels": {
        "task": "orders.follow_parcels",
        "schedule": 10.0,
        "options": {"expires": 10.0, "retry": False, "queue": "external"},
    },
}
# How long the link in a mail opens its order; a new one can be had at any time.
ORDERS_LINK_DAYS = 90
# How long a parcel is left alone after the carrier was asked for it; the sandbox's move every 20 seconds.
ORDERS_PARCEL_LOOK_SECONDS = 10 if SANDBOX_ENABLED else 15 * 60

_run = State(STATE_DIR).read("run")
if PRODUCTION:
    SITE_URL = environment.site_url(ALLOWED_HOSTS)
else:
    SITE_URL = os.environ.get("SITE_URL") or f"http://127.0.0.1:{_run.get('port', 8000)}"
SANDBOX_URL = os.environ.get("SANDBOX_URL") or f"http://127.0.0.1:{_run.get('sandbox_port', 8090)}"
GATEWAY_TIMEOUT_SECONDS = 5
# With Stripe's key, cards are charged there; without one the sandbox takes them, and production takes none.
STRIPE_SECRET_KEY = os.environ.get("STRIPE_SECRET_KEY", "")
STRIPE_URL = "https://api.stripe.com"
# What webhooks are signed with: any of the comma-separated secrets counts, so that one can be replaced by
# another while both are in use. Webhooks of a processor without secrets are not accepted at all.
STRIPE_WEBHOOK_SECRETS = environment.words("STRIPE_WEBHOOK_SECRETS")
ADYEN_HMAC_KEYS = environment.words("ADYEN_HMAC_KEYS")
SANDBOX_WEBHOOK_SECRETS = (
    (environment.words("SANDBOX_WEBHOOK_SECRETS") or [f"sandbox-{SECRET_KEY}"]) if SANDBOX_ENABLED else []
)

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "config.api.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["config.api.limits.Limit", "config.api.limits.LimitOfView"],
    "DEFAULT_THROTTLE_RATES": {"every": "600/minute", "payment": "30/minute"},
    # Who a client is, is what the last proxy says; without one, nothing that the client says itself.
    "NUM_PROXIES": 1 if environment.flag("BEHIND_TLS_PROXY") else 0,
    "DEFAULT_PERMISSION_CLASSES": ["config.api.permissions.AsTheViewSays"],
    "DEFAULT_SCHEMA_CLASS": "config.api.schema.ShopSchema",
    "EXCEPTION_HANDLER": "config.api.problems.answer",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "The shop's API",
    "DESCRIPTION": "Products, carts, checkout, orders. Refusals are problems (RFC 9457) with stable codes.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "StateEnum": "orders.models.transitions.STATES",
        "SubscriptionStateEnum": ["up_to_date", "behind", "paused"],
        "DeliveryStateEnum": ["waiting", "claimed", "unknown", "dead"],
        "ConsumerStateEnum": ["unread", "passed", "waiting", "claimed", "unknown", "dead"],
    },
}

UNFOLD = look.UNFOLD

# The shop speaks one language: asking which, for every value on a page, is a fifth of rendering it.
LANGUAGE_CODE = "en-gb"
USE_I18N = False
DATE_FORMAT, DATETIME_FORMAT = "j M Y", "j M Y, P"
SHORT_DATE_FORMAT, SHORT_DATETIME_FORMAT = "d/m/Y", "d/m/Y P"
DATE_INPUT_FORMATS = ["%d/%m/%Y", "%Y-%m-%d"]
DATETIME_INPUT_FORMATS = [f"{day} {time}" for day in DATE_INPUT_FORMATS for time in ("%H:%M:%S", "%H:%M")]
FIRST_DAY_OF_WEEK = 1
TIME_ZONE = "Europe/London"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = STATE_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
# What staff upload: kept beside the database, and served by catalog/views under names that never change.
MEDIA_ROOT = Path(os.environ.get("MEDIA_ROOT", STATE_DIR / "media"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PRODUCTION else 0
# A shop whose domain has subdomains without TLS says so.
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not environment.flag("HSTS_THIS_HOST_ONLY")
CSRF_TRUSTED_ORIGINS = environment.words("CSRF_TRUSTED_ORIGINS")
BEHIND_TLS_PROXY = environment.flag("BEHIND_TLS_PROXY")
if BEHIND_TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = policies.STOREFRONT
X_FRAME_OPTIONS = "DENY"
# To ourselves the whole address, as forms need it; to others nothing, for links to orders are keys.
SECURE_REFERRER_POLICY = "same-origin"
if PRODUCTION:
    # Browsers take cookies of this name only over TLS, for this very host and all of it.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"

# Shoppers are led to their orders by their own log-in; where nothing else is said, it is staff who log in.
LOGIN_URL, LOGIN_REDIRECT_URL = "accounts:log_in", "admin:index"
PASSWORD_RESET_TIMEOUT = 3600
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "config.accounts.second_factor.door.Backend",
]
# Whoever has set up a second factor is asked for it; where it is required, staff do nothing before they have.
STAFF_SECOND_FACTOR = environment.one_of(
    "STAFF_SECOND_FACTOR", ("required", "optional"), default="required" if PRODUCTION else "optional"
)
OTP_TOTP_ISSUER = "Fernhill staff"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("MinimumLengthValidator", {"min_length": 10}),
        ("CommonPasswordValidator", {}),
        ("UserAttributeSimilarityValidator", {"user_attributes": ("username", "email", "first_name")}),
    )
]
# Five wrong passwords for a name from one client, and that client waits; nobody locks out anybody else.
AXES_FAILURE_LIMIT, AXES_COOLOFF_TIME = 5, timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS, AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = True, False
AXES_LOCKOUT_CALLABLE = "config.throttling.locked_out"
AXES_CLIENT_IP_CALLABLE = "config.throttling.client_address"
AXES_DISABLE_ACCESS_LOG, AXES_VERBOSE = True, False
# How often one client may send these forms, whoever they are about.
THROTTLED_PAGES = {
    "accounts:log_in": "20/minute",
    "admin:login": "20/minute",
    "accounts:code": "20/minute",
    "accounts:second_factor": "20/hour",
    "accounts:second_factor_new": "20/minute",
    "accounts:join": "10/hour",
    "accounts:reset": "10/hour",
    "accounts:find_order": "20/hour",
    "accounts:profile": "30/hour",
    "orders:checkout": "30/minute",
    "orders:another_card": "30/minute",
}

DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "shop@example.com")
globals().update(environment.mail_settings(STATE_DIR))

# Where each process keeps what it counts, and who may read the sums at /metrics: config/observing/page.py.
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(STATE_DIR / "metrics"))
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")

# One line for each thing that happened: for people in development, as JSON in production. LOG_FORMAT=json or
# console chooses; LOG_LEVEL=DEBUG also names every message that is published and handled.
LOG_FORMAT = os.environ.get("LOG_FORMAT") or ("json" if PRODUCTION else "console")
LOGGING = logs.logging_settings(json=LOG_FORMAT == "json", level=os.environ.get("LOG_LEVEL", "INFO"))
DJANGO_STRUCTLOG_USER_ID_FIELD = None  # who acted stands in the messages; a log line names nobody
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = False  # the bus's middleware has looked at it
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = logging.INFO
DJANGO_STRUCTLOG_CELERY_DEFAULT_LOG_LEVEL = logging.DEBUG  # hundreds of wake-ups a second
