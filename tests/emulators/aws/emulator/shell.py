"""Programs of the machine, each call a line in the log."""
import logging
import subprocess
import time

log = logging.getLogger("shell")


def run(*words, stdin=None, check=True, seconds=120):
    """Standard output of a program; its own words where it fails."""
    began = time.monotonic()
    # Some read a definition from standard input where there is one.
    source = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
    done = subprocess.run(words, **source, capture_output=True, text=True, timeout=seconds, check=False)
    took = (time.monotonic() - began) * 1000
    said = f": {done.stderr.strip()[:600]}" if done.returncode else ""
    log.info("%s: %s in %d ms%s", " ".join(words)[:300], done.returncode, took, said)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(words)[:200]}: exit {done.returncode}: {done.stderr.strip()[:600]}")
    return done.stdout
