"""Make the keys of facts (`<event>_key`) by HMAC-SHA-256, with a secret that each home makes once.

A hash without a secret identifies records: a reader who has the numbers of all records computes their hashes. `home_secret`
reads or makes the secret, `key_macro` gives SQL a function that has it. The function is in a database in memory, so that no
compiled SQL, no view, no log and no released file contains the secret.
"""

from warehouse.record_keys.home_secret import SecretDamaged, copy_secret, read_secret, secret_id
from warehouse.record_keys.key_macro import attach_keys, keyed
