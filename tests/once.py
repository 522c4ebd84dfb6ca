"""What costs seconds and is the same for every test, made once for all processes of a run."""

import fcntl


def once(folder, make):
    """``folder``, which ``make(folder)`` fills for whoever asks first; the others wait for it."""
    folder.mkdir(parents=True, exist_ok=True)
    made = folder.with_name(f"{folder.name}.made")
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            make(folder)
            made.touch()
    return folder
