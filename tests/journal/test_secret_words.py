"""Command lines without their secrets."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greentrain.journal import without_secrets

MASK = "***"

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
    ("curl -u bob:HIDE -H 'Authorization: Bearer HIDEHIDE' --url x", "curl -u *** -H 'Authorization: ***' --url x"),
    ("curl -sSu me:HIDE https://h; curl -fsSLume:HIDE x", "curl -sSu *** https://h; curl -fsSLu*** x"),
    ("sshpass -p HIDE ssh h; mysql -pHIDE db", "sshpass -p *** ssh 'h;' mysql -p*** db"),
    ("t.py --user me:HIDE --login=me:HIDE -u me:HIDE --proxy-user me:HIDE", None),
    ("t.py --pat HIDE --github-pat=HIDE --creds me:HIDE MY_PAT=HIDE PGPASS=HIDE --db_pw HIDE --mypw=HIDE", None),
    ("mysqldump -uroot -pHIDE db; mariadb-dump -pHIDE; /usr/bin/mycli -pHIDE; mysql8.exe -pHIDE", None),
    ("docker login -u me -p HIDE && az login -u x -p HIDE", None),
    ("mongosh -u me -p HIDE; ldapsearch -D cn -w HIDE; zip -P HIDE a; 7z x -pHIDE a; smbclient -U me%HIDE", None),
    ("mosquitto_pub -P HIDE; openssl enc -k HIDE; sqlplus me/HIDE@db; aws set aws_secret_access_key HIDE", None),
    ("wandb login --relogin HIDE0123456789abcdef && hf auth login HIDEabc", None),
    ("t.py -k S3cretHIDE", "t.py -k ***"),
    ("git clone https://HIDE@github.com/x/y; git clone git+https://HIDE@h/x", None),
    ("curl https://hooks.slack.com/services/THIDE/BHIDE/HIDE", "curl https://hooks.slack.com/***"),
    ("curl https://discord.com/api/webhooks/123/HIDE https://x.webhook.office.com/webhookb2/HIDE", None),
    ("curl https://api.telegram.org/bot12:HIDE/send https://ifttt.com/t/with/key/HIDE https://h/x?code=HIDE&a=1", None),
    ("t.py --slack-webhook https://h/HIDE SLACK_WEBHOOK_URL=https://h/HIDE", None),
    ("bash -c 'curl -u me:HIDE x; mysql -pHIDE db && sshpass -p HIDE ssh h | t.py --user me:HIDE --pat HIDE'", None),
    ("ssh h 'bash -c \"redis-cli -a HIDE\"'", "ssh h 'bash -c \"redis-cli -a ***\"'"),
    ("curl -H 'Authorization: Bearer HIDE' -H 'Authorization: token HIDE' --header=X-Api-Key:HIDE", None),
    ("bash -c \"curl -H 'Authorization: Digest username=\\\"HIDE\\\", nonce=HIDE' x\"", None),
    ("git -c http.extraHeader='Authorization: Basic HIDE' fetch", "git -c 'http.extraHeader=Authorization: ***' fetch"),
    ("bash -c 'curl -H Authorization:\\ Bearer\\ HIDE x'", "bash -c 'curl -H Authorization:\\ Bearer\\ *** x'"),
    ("python -c 'get(u, auth=(\"me\", \"HIDE\"), headers={\"Authorization\": \"Bearer HIDE\"})'", None),
    ("python -c 'login(token=\"HIDE\")'", "python -c 'login(token=***)'"),
    ("python -c 'wandb.login(\"HIDE\")'", "python -c 'wandb.login(***)'"),
    ("t.py glrt-HIDEHIDE12 sk_live_HIDEHIDE12 hvs.HIDEHIDE12 xapp-1-HIDE-123 AKIAHIDEHIDEHIDE12 dop_v1_HIDE1234", None),
    ("t.py xai-HIDEHIDEHIDE12345 xoxb-HIDE-hide-1 lsv2_pt_HIDE123456 shpat_HIDE0123456 GOCSPX-HIDEHIDE12", None),
    ("t.py x9Kp2LqHIDEv7Rt4Ws8Zy3 out_x9Kp2LqHIDEv7Rt4Ws8Zy3.csv", "t.py *** out_***.csv"),
    ("bash -c 'X=1 A_TOKEN=HIDE t --password \"HI DE\" --lr 3'", "bash -c 'X=1 A_TOKEN=*** t --password *** --lr 3'"),
    ("python -c 'f(key=\"HIDE\", lr=3); e[\"A_KEY\"] = \"HIDE\"'", "python -c 'f(key=***, lr=3); e[\"A_KEY\"] = ***'"),
    ("t.py --config '{\"api_key\": \"HIDE\", \"lr\": 1}'", "t.py --config '{\"api_key\": ***, \"lr\": 1}'"),
]  # fmt: skip
KEPT = [
    "t.py --tokenizer-name bert --keyboard us --keypoints 17 --key-frames 5 --hotkey ctrl+c --pass-through 1",
    "t.py --monkey 1 --secretary x --cred-level 0.95 --key-bindings vim --cookie-cutter x",
    "t.py --num-keys 8 --key-dim 64 --query-key-norm true --image-key image --sort-key loss --eos_token '<eos>'",
    "t.py --special-tokens pad,unk --use-auth-token true --user alice --login=alice --username alice --path x",
    "docker run --user 1000:1000 -p 8080:80 i; python -m pytest -k test_name; ssh -p 22 h; srun -p gpu-a100 t.py -k 5",
    "t.py --revision 0123456789abcdef0123456789abcdef01234567 ViTB16ImageNet21kFineTuned a.b.c/Meta-Llama-3-8B",
    "git clone git@github.com:org/repo.git https://git@h/x; pip install git+https://github.com/x/y@v1.2",
    "bash -c 'python t.py --lr 3 --user alice -p 8080; echo basic training' --shape 3:4 --device cuda:0",
    "curl -k https://host:8080/hooks https://github.com/x/pre-commit-hooks https://h/keys/1",
    "t.py --max_tokens 512 --max-new-tokens=12 --tokens 300B --pad_token_id=0 --num_key_value_heads 8",
    "t.py --tokenizer gpt2 --pin-memory True --author me --passes 3 --lr 1e-3 hf_trainer.py hf_finetune2.py",
    "docker run image:tag@sha256:abc --data s3://bucket/key https://host:8080/a@b C:/x 12:30",
    "mysql -p db; t.py --token --verbose",
]


@pytest.mark.parametrize(("typed", "recorded"), MASKED, ids=lambda text: str(text)[:40])
def test_secrets_are_masked(typed: str, recorded: str | None) -> None:
    """Values of what is named as secret, passwords in addresses, tokens by their prefix; the rest stays.

    Records are masked when they are written and once more when they are read. Where a row states no outcome, each word
    with a secret in it keeps what is before that.
    """
    words = shlex.split(typed)
    masked = without_secrets(words)

    assert "HIDE" not in "".join(masked)
    assert masked == without_secrets(masked) == (masked if recorded is None else shlex.split(recorded))
    if recorded is None:
        assert [word for word in words if "HIDE" not in word] == [word for word in masked if MASK not in word]


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
