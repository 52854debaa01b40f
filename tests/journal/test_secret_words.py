"""Command lines without their secrets."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greentrain.journal import without_secrets

MASKED = [
    ("t.py --api-key=HIDE --lr=3", "t.py --api-key=*** --lr=3"),
    ("t.py --api_key HIDE --lr 3", "t.py --api_key *** --lr 3"),
    ("t.py --myToken HIDE -token HIDE --pwd=HIDE", "t.py --myToken *** -token *** --pwd=***"),
    ("t.py --password 'HI DE=HIDE' --secret=HI=DE", "t.py --password *** --secret=***"),
    ("t.py --keys HIDE HIDE HIDE --lr 1", "t.py --keys *** *** *** --lr 1"),
    ("t.py +trainer.api_key=HIDE wandb.token=HIDE a.b=1", "t.py +trainer.api_key=*** wandb.token=*** a.b=1"),
    ("env A_KEY=HIDE DB_PASS=HIDE MYSQL_PWD=HIDE A=1 t", "env A_KEY=*** DB_PASS=*** MYSQL_PWD=*** A=1 t"),
    ("docker run -e HF_TOKEN=HIDE --env=A_KEY=HIDE i", "docker run -e HF_TOKEN=*** --env=A_KEY=*** i"),
    ("t.py x://bob:HI/DE@HIDE@host:5/db?x=1&sslpassword=HIDE", "t.py x://bob:***@host:5/db?x=1&sslpassword=***"),
    ("t.py user:HIDE@ rsync bob:HIDE@host:/x", "t.py user:***@ rsync bob:***@host:/x"),
    ("git clone https://HIDEHIDEHIDEHIDEHIDE@host/x.git", "git clone https://***@host/x.git"),
    ("t.py 'https://h/?token=HIDE&x=1&X-Amz-Signature=HIDE'", "t.py 'https://h/?token=***&x=1&X-Amz-Signature=***'"),
    ("t.py hf_HIDEHIDEhide1 sk-HIDE12 ghp_HIDEhide eyJHIDEhide.eyJHIDE.HIDE", "t.py *** *** *** ***"),
    ("curl -u bob:HIDE -H 'Authorization: Bearer HIDEHIDE' --url x", "curl -u *** -H 'Authorization: *** ***' --url x"),
    ("sshpass -p HIDE ssh h; mysql -pHIDE db", "sshpass -p *** ssh 'h;' mysql -p*** db"),
    ("bash -c 'X=1 A_TOKEN=HIDE t --password \"HI DE\" --lr 3'", "bash -c 'X=1 A_TOKEN=*** t --password *** --lr 3'"),
    ("python -c 'f(key=\"HIDE\", lr=3); e[\"A_KEY\"] = \"HIDE\"'", "python -c 'f(key=***, lr=3); e[\"A_KEY\"] = ***'"),
    ("t.py --config '{\"api_key\": \"HIDE\", \"lr\": 1}'", "t.py --config '{\"api_key\": ***, \"lr\": 1}'"),
]  # fmt: skip
KEPT = [
    "t.py --max_tokens 512 --max-new-tokens=12 --tokens 300B --pad_token_id=0 --num_key_value_heads 8",
    "t.py --tokenizer gpt2 --pin-memory True --author me --passes 3 --lr 1e-3 hf_trainer.py hf_finetune2.py",
    "docker run image:tag@sha256:abc --data s3://bucket/key https://host:8080/a@b C:/x 12:30",
    "mysql -p db; t.py --token --verbose",
]


@pytest.mark.parametrize(("typed", "recorded"), MASKED, ids=lambda text: text[:40])
def test_secrets_are_masked(typed: str, recorded: str) -> None:
    """Values of what is named as secret, passwords in addresses, tokens by their prefix; the rest stays.

    Records are masked when they are written and once more when they are read.
    """
    words = without_secrets(shlex.split(typed))

    assert words == without_secrets(words) == shlex.split(recorded)
    assert "HIDE" not in "".join(words)


@pytest.mark.parametrize("typed", KEPT)
def test_what_is_no_secret_stays(typed: str) -> None:
    """Counts of tokens, names of scripts and models, addresses without a password."""
    assert without_secrets(shlex.split(typed)) == shlex.split(typed)


@given(st.lists(st.text("--=:@/\\'\" ,&kKey1tokenpassAUTH_") | st.sampled_from(["--key", "curl", "-u", "a:b@c"])))
def test_any_words_are_taken(words: list[str]) -> None:
    """As many come out, and what has nothing to mask in it is as it was."""
    found = without_secrets(words)

    assert len(found) == len(words)
    assert all(word == typed or "***" in word for word, typed in zip(found, words, strict=True))


@pytest.mark.parametrize(
    "piece", ["a", "sk-", "a.", "key=", 'key="', "--key ", "x://a:", "a:b@", "\\", '"', "'=", "eyJ", "Bearer "]
)
def test_no_word_takes_long(piece: str) -> None:
    """Each is cut at 2,000 characters first."""
    (word,) = without_secrets([piece * 100_000])

    assert len(word) <= 2000 * 4
