"""Values that show by themselves that they are secrets: tokens of known services, long random words, addresses."""

from greentrain.errors import MASK, without_passwords
from greentrain.journal.secret_names import pattern

_BEFORE_EIGHT = (
    *(r"gh[pousr]_", "github_pat_", r"gl(?:pat|dt|rt|oat|cbt|ptt|ft|imt|agent|soat|ffct)-", r"xox[abceoprs]\b[.\-]"),
    *("xapp-", "dckr_[po]at_", "nvapi-", "do[por]_v1_", "[srp]k_(?:live|test)_", "whsec_", "shp(?:at|ss|ca|pa)_"),
    *(r"hv[sbr]\.", "tskey-", "lin_api_", "figd_", "rubygems_", "gl(?:c|sa)_", "sntry[su]_", "GOCSPX-", "PMAK-"),
    *("lsv2_[ps][tk]_", "sq0[a-z]{3}-", "EAACEdEose0cBA", "ATATT3", "ATBB", r"ya29\.", "ops_eyJ", "AGE-SECRET-KEY-"),
    *("pscale_[a-z]+_", "CCIPAT_", "HRKU-", "NRAK-", "FlyV1", "wandb_v1_", "api_org_", "tvly-", "jina_", r"dt0c01\."),
)
"""Beginnings of tokens, after which 8 letters, digits, points, hyphens or underscores follow at least."""

_BEFORE_SIXTEEN = (
    *("npm_", "r8_", "gsk_", "xai-", "pplx-", "fw_", "ntn_", "secret_", "tfp_", "ph[cx]_", "nfp_", "sbp_", "csk-"),
    *("key-", "pul-", "dapi", "pypi-", "tok_", "rnd_", r"SG\.", "1//0", "sk_", "pat_", "api_"),
)
"""Others, after which 16 follow at least, of which one is a digit."""

SIGNS = (
    *(
        "hf_",
        "sk-",
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "glpat-",
        "gldt-",
        "glrt-",
        "gloat-",
        "glsoat-",
        "xox",
        "xapp-",
        "akia",
        "asia",
        "abia",
        "acca",
    ),
    *(
        "aiza",
        "eyj",
        "dckr_",
        "nvapi-",
        "_v1_",
        "k_live_",
        "k_test_",
        "whsec_",
        "shpat_",
        "shpss_",
        "hvs.",
        "hvb.",
        "hvr.",
        "_api_",
    ),
    *("figd_", "sntry", "gocspx-", "pmak-", "lsv2_", "sq0", "eaaced", "atatt", "atbb", "ya29.", "pscale_", "rubygems_"),
    *("ccipat_", "hrku-", "nrak-", "flyv1", "api_org", "tvly-", "jina_", "dt0c01.", "-----begin", "@", "hook", "/bot"),
    *("hc-ping", "code=", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "glffct-", "glc_", "glsa_", "shpca_"),
    "shppa_",
)
"""Small letters, of which a command line with one of these tokens or addresses has some, if it has no long word."""

_KNOWN = (
    r"(?<![A-Za-z0-9])(?:"
    r"hf_(?=[a-z0-9]*[A-Z])[A-Za-z0-9]{8,}|hf_(?=[a-z]*\d)[A-Za-z0-9]{12,}|sk-(?=[\w\-]{0,80}[A-Z\d])[\w\-]{6,}|"
    rf"(?:{'|'.join(_BEFORE_EIGHT)})[\w\-.]{{8,}}|"
    rf"(?:{'|'.join(_BEFORE_SIXTEEN)})(?=[A-Za-z_\-]*\d)[\w\-]{{16,}}(?:\.[\w\-]{{16,}})?|"
    r"A(?:KI|SI|BI|CC)A[0-9A-Z]{12,}|AIza[\w\-]{20,}|eyJ[\w\-]{6,}\.[\w\-.]+|-----BEGIN [\s\S]*)"
)
_LONG = r"(?<![A-Za-z0-9])[A-Za-z0-9]{20,}(?![A-Za-z0-9])"
_CHANGES = r"(?<=[a-z])[A-Z0-9]|(?<=[A-Z])[a-z0-9]|(?<=[0-9])[A-Za-z]"
_LEAST_CHANGES = 0.55
"""Of the neighbours in a random text of small letters, capitals and digits 0.6 are of two kinds, in words 0.3."""

_LONG_LETTERS = 20
_SIGNED_IN = r"(?i:\b(bearer)(?:\\?\s)+[\w.~+/=\-]{3,})|((?i:\bbasic)\\?\s+)(?=[a-z+/]*[\d=A-Z])[\w.~+/=\-]{6,}"
_HOOK = (
    r"(?i)(\bhttps?://(?:(?:[\w\-]+\.)*(?:web)?hooks?\.[\w.:\-]+/|hc-ping\.com/|"
    r"[^\s'\"?#]*?/(?:(?:(?:web)?hooks?|webhookb2|key|token|secret)/|bot(?=\d+:))))[^\s'\"]+"
)
_CODE = r"(?i)(://[^\s'\"]{1,500}[?&]code=)[^&\s'\"#]+"
_USER = r"(?<![\w.\-/])([\w.+\-]+):[^\s/@'\"]+@(?!sha256:)"


def without_secret_values(text: str) -> str:
    """Mask what shows by itself that it is a secret."""
    text = pattern(_KNOWN).sub(MASK, text)
    text = pattern(_LONG).sub(lambda found: MASK if _is_random(found[0]) else found[0], text)
    text = pattern(_SIGNED_IN).sub(lambda found: f"{found[1] or found[2].rstrip()} {MASK}", text)
    text = pattern(_HOOK).sub(rf"\1{MASK}", without_passwords(text))
    text = pattern(_CODE).sub(rf"\1{MASK}", text)
    return pattern(_USER).sub(rf"\1:{MASK}@", text)


def has_long_word(text: str) -> bool:
    """Whether a text holds a word that may be random: found fast, as most have none."""
    for sign in "-_./=:\0":
        text = text.replace(sign, " ")
    return any(len(word) >= _LONG_LETTERS for word in text.split())


def _is_random(word: str) -> bool:
    digits = sum(letter.isdecimal() for letter in word)
    is_mixed = digits >= 2 and not word.isupper() and not word.islower()
    return is_mixed and len(pattern(_CHANGES).findall(word)) >= _LEAST_CHANGES * (len(word) - 1)
