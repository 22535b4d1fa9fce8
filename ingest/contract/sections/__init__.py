"""The sections of a contract, each a strict and frozen model. `keys.yml` says what each key holds."""
