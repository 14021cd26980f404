"""An authority and certificates of its own, for one test."""
import subprocess


class Authority:
    def __init__(self, folder):
        self.folder = folder
        self.certificate, self.key = folder / "ca.pem", folder / "ca.key"
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                      "/CN=Test authority", "-keyout", self.key, "-out", self.certificate)

    def issue(self, name, alternative):
        """A PEM file with certificate and key; `alternative` as openssl writes a subjectAltName: DNS:name, IP:address, URI:sip:name."""
        key, request, extensions, both = (self.folder / f"{name}.{end}" for end in ("key", "csr", "ext", "pem"))
        extensions.write_text(f"subjectAltName={alternative}\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                      "-keyout", key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial", "-days", "2",
                      "-extfile", extensions, "-out", both)
        both.write_text(both.read_text() + key.read_text())
        return both

    def _openssl(self, *words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=30)
