"""``python -m greentrain`` is the command line."""

from greentrain.cli import main

if __name__ == "__main__":
    main()
