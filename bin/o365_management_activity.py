"""Modular input `o365_management_activity`: puts the app's own libraries first and hands over to them."""

import os
import sys

APP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OWN = [os.path.join(APP, "lib"), os.path.join(APP, "bin")]
# splunkd runs every app with the same PYTHONPATH: what it holds comes last, so that no other app's modules replace ours
# or Python's.
FOREIGN = [os.path.abspath(path) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
PYTHONS = [path for path in sys.path if os.path.abspath(path) not in FOREIGN + OWN]
sys.path[:] = OWN + PYTHONS + FOREIGN

from mail_threats.inputs.o365_management_activity import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
