"""The command line of the replica: `python -m pipelines.replica`.

Here: options and how errors are shown. Not here: serving (`server`).
"""

import argparse
import sys
from pathlib import Path

from assets.errors import ReintegratieError
from pipelines.replica.server import serve


def main() -> int:
    """Serve a reconstructed world on loopback until interrupted; give the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.replica",
        description="Answers like CBS (OData v3 and v4) on loopback, a reconstructed world: no CBS figures.",
    )
    parser.add_argument("--port", type=int, default=8123, help="port on 127.0.0.1; 0 takes any (default: 8123)")
    parser.add_argument("--facts", type=Path, help="folder with CSV files of real figures, served exactly")
    parser.add_argument("--seed", type=int, default=1, help="of what is filled in (default: 1)")
    parser.add_argument(
        "--ends-with-input",
        action="store_true",
        help="end when standard input does (for a program that runs this)",
    )
    options = parser.parse_args()
    try:
        serve(options.port, options.facts, options.seed, ends_with_input=options.ends_with_input)
    except ReintegratieError as error:
        sys.stderr.write(f"replica: {error}\n")
        return 2
    except KeyboardInterrupt:
        pass  # how a person ends it
    return 0


if __name__ == "__main__":
    sys.exit(main())
