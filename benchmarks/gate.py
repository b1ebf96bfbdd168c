"""What the gate itself adds to each call: ledger, caps and circuits, on fresh data.

    python -m benchmarks.gate [--mode production] [--calls 500]

The provider answers at once, in the same process. Each part is timed where the cascade calls it.
"""

import argparse

from benchmarks.processes import MODES, playing_provider, running_valis

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--mode", choices=MODES, default="embedded")
    parser.add_argument("--calls", type=int, default=500)
    arguments = parser.parse_args()
    with (
        playing_provider("say:Yes.") as provider,
        running_valis(arguments.mode, provider_port=provider) as valis,
    ):
        print(valis.told(f"from benchmarks.gate_parts import measure; measure({arguments.calls})"))
