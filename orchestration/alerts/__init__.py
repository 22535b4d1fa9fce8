"""Send an alert when a run, the nightly schedule or a source fails, and again when the problem is resolved.

Each channel gets one message per change, not one per night. `conditions` derives problems from run records and keeps what each
channel was sent, `notify` words and sends the message. Alerts evaluate no data themselves, and a failed alert never ends a run.
"""

from orchestration.alerts.notify import (
    notify_changes,
    notify_run_ended,
    notify_run_not_started,
    send_test_message,
    unusable_channels,
)
