"""`python -m nnbuild`."""

from nnbuild.cli import main

if __name__ == "__main__":
    main()
