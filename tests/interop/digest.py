"""Credentials for one challenge (RFC 7616 3.4), by MD5."""
import hashlib
import re


def _md5(*words):
    return hashlib.md5(":".join(words).encode()).hexdigest()


def authorization(challenge, user, password, method, uri):
    """The value of Authorization; `challenge` is that of WWW-Authenticate."""
    realm, nonce = (re.search(rf'{name}="([^"]*)"', challenge).group(1) for name in ("realm", "nonce"))
    response = _md5(_md5(user, realm, password), nonce, "00000001", "cnonce", "auth", _md5(method, uri))
    return (f'Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{response}", algorithm=MD5, '
            'qop=auth, nc=00000001, cnonce="cnonce"')
