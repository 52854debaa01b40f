"""Write the table as a comment on the pull request, or renew the one that is there."""

import json
import os
import sys
import urllib.request
from pathlib import Path

MARK = "<!-- greentrain -->"
PAGE = 100


def asked(method: str, path: str, body: dict[str, str] | None = None) -> object:
    """Ask GitHub's API, and return what it answers."""
    request = urllib.request.Request(
        f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}{path}",
        None if body is None else json.dumps(body).encode(),
        {"Authorization": f"Bearer {os.environ['TOKEN']}", "Accept": "application/vnd.github+json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def own_comment(pull_request: str) -> int | None:
    """Find the comment that an earlier push made."""
    page = 1
    while True:
        found = asked("GET", f"/issues/{pull_request}/comments?per_page={PAGE}&page={page}")
        assert isinstance(found, list)
        for comment in found:
            if str(comment["body"]).startswith(MARK):
                return int(comment["id"])
        if len(found) < PAGE:
            return None
        page += 1


def main() -> None:
    """Comment, with a note where the token may not."""
    body = {"body": f"{MARK}\n{Path(sys.argv[1]).read_text(encoding='utf-8')}"}
    pull_request = os.environ["PULL_REQUEST"]
    try:
        comment = own_comment(pull_request)
        if comment is None:
            asked("POST", f"/issues/{pull_request}/comments", body)
        else:
            asked("PATCH", f"/issues/comments/{comment}", body)
    except OSError as error:  # of a fork, whose token may only read
        sys.stdout.write(f"::warning::greentrain could not comment: {error}\n")


if __name__ == "__main__":
    main()
