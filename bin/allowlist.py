"""Search command `allowlist`: puts the app's own libraries first and calls the command."""

import os
import sys

_APP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(_APP, "lib"), os.path.join(_APP, "bin")]

from mail_threats.commands.allowlist import main  # noqa: E402

if __name__ == "__main__":
    main()
