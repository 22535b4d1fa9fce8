"""Run the command line as `python -m orchestration.cli`, where no script of the installation is on the path."""

from orchestration.cli import program

program()
