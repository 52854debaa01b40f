"""Names of options, variables and programs whose values are secrets, and values which are none whatever their name."""

from __future__ import annotations

from functools import lru_cache

from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

_OF_PASSWORDS = (
    *("secret", "passw", "passphrase", "passcode", "passfile", "credential", "pwd", "mnemonic", "seedphrase"),
    *("kennwort", "motdepasse", "contrase", "senha", "wachtwoord", "salasana"),
)
_PARTS = ("key", "token", *_OF_PASSWORDS)
"""What names an option or a variable as secret wherever it stands in the name, without its hyphens."""

_WORDS = frozenset(
    (
        *("pass", "pw", "passin", "passout", "auth", "authorization", "bearer", "cookie", "cookies", "cred", "creds"),
        *("sig", "signature", "dsn", "jwt", "sas", "otp", "pat", "pats", "webhook", "webhooks"),
        *(
            f"{of}{word}"
            for of in ("db", "pg", "my", "user", "root", "admin", "smtp", "mail")
            for word in ("pass", "pw")
        ),
    )
)
"""What does so as a whole word of the name alone."""

_OTHERWISE = (
    r"tokeni|key[_-]?(?:board|point|frame|word|note|stroke|stone)|(?:mon|tur|hot|don|hoc|joc|whis)key|"
    r"key[_-]?bind|secretar|cookie[_-]?cutter|pass[_-]?through"
)
"""Words of other meanings."""

_COUNTING = frozenset(
    (
        *("max", "min", "num", "n", "new", "length", "len", "count", "size", "id", "ids", "dim", "heads", "layers"),
        *("budget", "limit", "per", "batch", "retries", "timeout", "interval", "seconds", "every", "steps", "level"),
    )
)
"""With one of these words, or in the plural, and with a number as its value, a name is that of a count or of an id."""

_OF_DATA = frozenset(
    (
        *("special", "added", "new", "stop", "eos", "bos", "pad", "unk", "mask", "sep", "cls", "begin", "end", "image"),
        *("label", "labels", "text", "audio", "video", "caption", "prompt", "input", "output", "target", "feature"),
        *("features", "column", "col", "field", "sort", "group", "order", "primary", "foreign", "metric", "monitor"),
        *("query", "value", "norm", "map", "state", "dict", "index", "join", "partition", "type", "model", "format"),
    )
)
"""With one of these words a key or a token is a part of the data, if its value is a word."""

_OF_ACCESS = frozenset(
    ("api", "access", "auth", "private", "personal", "ssh", "hf", "encryption", "license", "pass", "pw", "secret")
)
"""With one of these it is not."""

ACCOUNTS = frozenset(("user", "username", "login", "account", "basic", "u", "proxyuser", "httpuser"))
"""Words of names whose value may be ``name:password``."""

LISTS = ("keys", "tokens", "secrets", "passwords", "credentials")
"""Names of several values."""

_PASSWORD = ("-p",)
PROGRAMS = {
    "curl": ("-u", "--user", "-U", "--proxy-user", "-b", "--cookie", "--oauth2-bearer"),
    "wget": ("--user", "--proxy-user"),
    "http": ("-a",),
    **dict.fromkeys(("mysql", "mariadb", "mycli", "mydumper", "myloader", "7z", "rar", "unrar"), _PASSWORD),
    **dict.fromkeys(("sshpass", "mongo", "cqlsh", "cypher-shell", "rabbitmqadmin", "beeline", "login"), _PASSWORD),
    **dict.fromkeys(("zip", "unzip", "mosquitto", "sqlcmd", "bcp", "tsql", "ipmitool"), ("-P",)),
    "redis-cli": ("-a",),
    "lftp": ("-u",),
    "smbclient": ("-U",),
    "ldap": ("-w",),
    "openssl": ("-k", "-K"),
}
"""Options whose name does not state that their value is a secret, by the beginning of the name of a program."""

_WHOLE = ("http", "login", "zip", "unzip", "rar", "unrar", "bcp")
"""Of these the whole name; ``login`` is a command of many programs."""

ONLY_ATTACHED = ("mysql", "mariadb", "mycli", "mydumper", "myloader", "7z", "rar", "unrar")
"""Programs that take the word after such an option for something else."""

FLAGS = {"curl": "#0123467GIJLNORSZfgijklnpqsv"}
"""Letters without a value that may stand before such an option in the same word: ``-sSu me:secret``."""

TAKE_KEYS = ("wandb", "huggingface-cli", "hf", "comet", "clearml", "neptune")
"""Programs whose ``login`` takes a key without an option."""

TAKE_ADDRESSES = ("sqlplus", "sqlldr", "expdp", "impdp")
"""Programs whose words may be ``name/password@place``."""

SIGNS = (
    *_PARTS,
    *("phrase", "mot-de-", "mot_de_", "pass", "pw", "auth", "bearer", "sig", "dsn", "cookie", "jwt", "sas", "otp"),
    *("cred", "webhook", "username", "\0-u", " -u", "\0-k\0", *TAKE_ADDRESSES),
    *(f"{word}{end}" for word in ("pat", "user", "login", "account", "basic") for end in "=\0 :('\""),
    *(f"{called}{end}" for called in PROGRAMS for end in (("\0", " ", ".exe") if called in _WHOLE else ("",))),
)
"""Small letters, of which a command line with one of these names has some."""

_NUMBER = r"\d[\d.,_]*(?:[eE][+\-]?\d+)?[kKmMbBtT]?"
_NO_SECRET = r"(?i)true|false|yes|no|none|null|auto|</?\|?\w+\|?>|\[\w+\]"
_DATA = r"[A-Za-z_.,\-]+"


def program(word: str) -> str:
    """Return which of the programs a word calls; nothing if it calls none."""
    name = word.rpartition("/")[2].removesuffix(".exe")
    if name in PROGRAMS or name in TAKE_KEYS or name in TAKE_ADDRESSES:
        return name
    return next((known for known in PROGRAMS if name.startswith(known) and known not in _WHOLE), "")


def is_secret(name: str, value: str) -> bool:
    """Whether the value of an option or a variable is a secret."""
    if not value or not sounds_secret(name) or pattern(_NO_SECRET).fullmatch(value):
        return False
    words = words_of(name)
    is_count = name.lower().rstrip("=").endswith("tokens") or words & _COUNTING
    is_data = words & _OF_DATA and not words & _OF_ACCESS and not any(part in _joined(name) for part in _OF_PASSWORDS)
    return not (is_count and pattern(_NUMBER).fullmatch(value)) and not (is_data and pattern(_DATA).fullmatch(value))


def sounds_secret(name: str) -> bool:
    """Whether an option or a variable of this name holds a secret, if it holds no count and no data."""
    name = pattern(_OTHERWISE).sub("", name.lower())
    return any(part in _joined(name) for part in _PARTS) or bool(words_of(name) & _WORDS)


def words_of(name: str) -> frozenset[str]:
    """Return the words of a name in small letters."""
    return frozenset(pattern(r"[^a-z0-9]+").split(name.lower()))


def _joined(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


@lru_cache(maxsize=64)
def pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern at its first use: the start of most trainings needs none."""
    import re

    return re.compile(text)
