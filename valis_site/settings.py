"""Settings of VALIS. Only what needs a restart is here; the rest is rows that staff edit.

Every value can come from the environment or from a `.env` file beside `manage.py`;
`.env.example` lists them. A value that cannot be read stops the start with its name.
"""

from datetime import timedelta
from pathlib import Path

from csp.constants import SELF
from django.urls import reverse_lazy

from valis_site.cors import CORS_ALLOW_HEADERS, CORS_EXPOSE_HEADERS, CORS_URLS_REGEX  # noqa: F401
from valis_site.environment import Environment
from valis_site.logs import FORMS, form_of_log, logging_settings
from valis_site.schedule import CELERY_BEAT_SCHEDULE, CELERY_TASK_ROUTES  # noqa: F401
from valis_site.secrets import read_secrets
from valis_site.theme import UNFOLD  # noqa: F401

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()
if (BASE_DIR / ".env").is_file():
    env.read_env(BASE_DIR / ".env")

VALIS_VERSION = "0.1.0"
VALIS_DATA_DIR = Path(env.str("VALIS_DATA_DIR", str(BASE_DIR / "var"))).resolve()
VALIS_CONFIG_FILE = Path(env.str("VALIS_CONFIG_FILE", "") or VALIS_DATA_DIR / ".valis_config.json").resolve()
"""Where the configuration is exported to and loaded from. Nothing is read from it by itself."""

VALIS_REDIS_URL = env.secret("VALIS_REDIS_URL")
"""Set where VALIS runs in several processes: broker, live events and shared counters go through it."""
_secrets = read_secrets(
    VALIS_DATA_DIR,
    secret_key=env.secret("VALIS_SECRET_KEY"),
    field_keys=env.secret("VALIS_FIELD_KEYS").replace(",", " ").split(),
    may_be_made=not VALIS_REDIS_URL,
)
SECRET_KEY = _secrets.secret_key
VALIS_FIELD_KEYS = _secrets.field_keys

DEBUG = False
ALLOWED_HOSTS = env.list("VALIS_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
VALIS_ORIGINS = env.list("VALIS_ORIGINS", default=[])
"""Full origins (scheme, host, port) whose pages may open sockets, besides the server's own."""
CSRF_TRUSTED_ORIGINS = VALIS_ORIGINS
VALIS_TRUSTED_PROXIES = env.list("VALIS_TRUSTED_PROXIES", default=[])
"""Addresses or networks of web servers in front, whose X-Forwarded-For and -Proto are believed."""
VALIS_HTTPS = env.bool("VALIS_HTTPS", False)
"""Pages are reached by https only: cookies are kept to it, and http is sent there."""
VALIS_LOOPBACK_ONLY = env.bool("VALIS_LOOPBACK_ONLY", False)
"""Refuse every provider that is not on this machine: the tripwire of the tests."""

VALIS_PROVIDER_PROXY = env.secret("VALIS_PROVIDER_PROXY")
"""A proxy for calls to providers on the internet. The environment's usual proxies are not used."""

VALIS_DESKTOP_COMMANDER = env.command("VALIS_DESKTOP_COMMANDER")
VALIS_DESKTOP_COMMANDER_TOOL = env.str("VALIS_DESKTOP_COMMANDER_TOOL", "ask")
VALIS_DESKTOP_COMMANDER_ENVIRONMENT = env.list("VALIS_DESKTOP_COMMANDER_ENVIRONMENT", default=[])
VALIS_DEMO_PASSWORD = env.secret("VALIS_DEMO_PASSWORD")
VALIS_STAFF_PASSWORD = env.secret("VALIS_STAFF_PASSWORD")

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "corsheaders",
    "csp",
    "django_htmx",
    "lucide",
    "ninja",
    "simple_history",
    "valis_site",
    "accounts.apps.LockoutConfig",
    "accounts",
    "providers",
    "personas",
    "usage",
    "memory",
    "chat",
    "diagnostics",
]

MIDDLEWARE = [
    "core.request_id.request_id_middleware",
    "core.callers.caller_middleware",
    "core.logs.requests.request_line_middleware",
    "corsheaders.middleware.CorsMiddleware",
    "valis_site.failures.api_method_form",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "valis_site.page_policies.page_policies",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "valis_site.rate_limits.rate_limits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.ended_logins.whole_page_to_login",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "valis_site.urls"
ASGI_APPLICATION = "valis_site.asgi.application"
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
            ],
            "libraries": {"money": "core.money"},
        },
    },
]

DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{VALIS_DATA_DIR / 'valis.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["ENGINE"] = "valis_site.sqlite"
    # Connections stay open in their thread: opening one costs more than most of our queries.
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
            "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-512;"
        ),
    }
else:
    DATABASES["default"]["ENGINE"] = "valis_site.postgresql"
    # A pool in each process: a thread that waits for a provider holds no connection.
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    _pool = env.int("VALIS_DATABASE_POOL", 12)
    DATABASES["default"]["OPTIONS"] = {
        **DATABASES["default"].get("OPTIONS", {}),
        "pool": {"min_size": min(4, _pool), "max_size": _pool, "timeout": 10, "reconnect_timeout": 5},
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = reverse_lazy("accounts:login")
LOGIN_REDIRECT_URL = reverse_lazy("chat:home")
LOGOUT_REDIRECT_URL = reverse_lazy("accounts:login")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}Validator"}
    for name in ("UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword")
]

# After five wrong passwords a name is locked for the address they came from: by the name alone,
# anybody could lock anybody out.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "accounts.lockout.address_of"
AXES_USERNAME_CALLABLE = "accounts.lockout.name_to_count"
AXES_SENSITIVE_PARAMETERS = ["username", "csrfmiddlewaretoken", "next"]
AXES_DISABLE_ACCESS_LOG = True  # the audit log has it
AXES_ENABLE_ADMIN = False  # `accounts.admin` has pages of its own
AXES_VERBOSE = False

LANGUAGE_CODE = "en-us"
TIME_ZONE = env.time_zone("VALIS_TIME_ZONE", "UTC")
USE_I18N = False
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = env.str("VALIS_STATIC_ROOT", "") or None
STATICFILES_DIRS = [BASE_DIR / "static"]
# Unless they were collected, they are served straight from where packages and project keep them.
WHITENOISE_USE_FINDERS = not STATIC_ROOT
_FILES = "HashedFiles" if STATIC_ROOT else "VersionedFiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": f"valis_site.static_files.{_FILES}"},
}

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = VALIS_HTTPS
# For this host alone: whether its whole domain speaks TLS is not for VALIS to promise.
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if VALIS_HTTPS else 0
# axes.W002 wants a middleware for answering the locked out, which the login page does itself.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021", "axes.W002"]
# Whoever asks for these stands beside the process, and has no certificate for its address.
SECURE_REDIRECT_EXEMPT = ["^health$", "^ready$", "^metrics$", "^api/(health|ready|live)$"]
if VALIS_TRUSTED_PROXIES:
    # `core.callers` takes the header away when somebody else wrote it.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
CSRF_FAILURE_VIEW = "valis_site.failures.csrf_failed"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": [SELF],
        "frame-ancestors": ["'none'"],
    },
}

_development = [] if VALIS_REDIS_URL else ["http://localhost:3000"]
CORS_ALLOWED_ORIGINS = env.list("VALIS_CORS_ORIGINS", default=_development)
"""Origins whose scripts may call the APIs, with a key: the login cookie is not sent along."""

# Requests a minute; 0 is without limit.
VALIS_RATE_ADDRESS = env.int("VALIS_RATE_ADDRESS", 100)
VALIS_RATE_PERSON = env.int("VALIS_RATE_PERSON", 600)
VALIS_RATE_KEY = env.int("VALIS_RATE_KEY", 600)
VALIS_RATE_LOGIN = env.int("VALIS_RATE_LOGIN", 10)

NINJA_PAGINATION_MAX_LIMIT = 200
NINJA_PAGINATION_PER_PAGE = 50

if VALIS_REDIS_URL:
    CELERY_BROKER_URL = VALIS_REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "socket_connect_timeout": 2,
        "socket_timeout": 10,
        "socket_keepalive": True,
        # A connection that is gone without a word is noticed after twice this, in seconds.
        "health_check_interval": 4,
    }
    VALIS_LIVE_BACKEND = "core.live.redis.RedisBackend"
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": VALIS_REDIS_URL,
            "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
        }
    }
else:
    CELERY_BROKER_URL = "memory://localhost/"
    CELERY_BROKER_TRANSPORT = "valis_site.memory_broker:Transport"
    VALIS_LIVE_BACKEND = "core.live.memory.MemoryBackend"
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 20_000},
        }
    }
VALIS_LOCAL_PROVIDERS = env.list(
    "VALIS_LOCAL_PROVIDERS",
    default=["localhost", "127.0.0.0/8", "[::1]"] if VALIS_LOOPBACK_ONLY or not VALIS_REDIS_URL else [],
)
"""Servers that providers may be at besides the public internet: hosts or networks, with a port or without."""
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_QUEUE = "people"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
VALIS_DRAIN_SECONDS = env.int("VALIS_DRAIN_SECONDS", 20)
"""How long a process that is told to end lets what it has begun come to its end."""
TURN_HANDLERS = {"chat": "chat.tasks.answer_turn"}
"""Which task answers a turn, by the mode of its session."""

VALIS_LOG_FORMAT = form_of_log(env.choice("VALIS_LOG_FORMAT", "auto", FORMS))
VALIS_LOG_LEVEL = env.log_level("VALIS_LOG_LEVEL", "INFO" if VALIS_LOG_FORMAT == "json" else "WARNING")
VALIS_LOG_DIR = env.str("VALIS_LOG_DIR", "")
VALIS_METRICS_TOKEN = env.secret("VALIS_METRICS_TOKEN")
VALIS_SENTRY_DSN = env.secret("VALIS_SENTRY_DSN")
LOGGING_CONFIG = "core.logs.configure"
LOGGING = logging_settings(
    level=VALIS_LOG_LEVEL,
    form=VALIS_LOG_FORMAT,
    folder=VALIS_LOG_DIR,
    tracker=VALIS_SENTRY_DSN,
    release=f"valis@{VALIS_VERSION}",
)
