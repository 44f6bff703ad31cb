"""``python -m pkimm_analytics`` is ``pkimm``."""

if __name__ == "__main__":
    try:
        from pkimm_analytics.cli import main

        main()
    except KeyboardInterrupt:  # while the commands were being loaded
        raise SystemExit(130) from None
