"""``python -m pkimm_analytics`` is ``pkimm``."""

from pkimm_analytics.cli import main

if __name__ == "__main__":
    main()
