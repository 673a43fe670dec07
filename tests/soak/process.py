"""`python -m tests.soak.process MODULE WORDS...`: one process of the app as it is, but for what `planted` changes."""

import runpy
import sys

from tests.soak import planted

# Here and not below: processes that this one starts anew import this module, too.
planted.apply()

if __name__ == "__main__":
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__")
