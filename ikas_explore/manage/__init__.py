"""What differs, what to do about it, doing it, and undoing it.

`changes` compares two webhook frames; `desired` reads what should be registered; a `plan` is a
diff that can be applied, `applying` carries it out, `journal` keeps what was registered before
each write, and `undo` plans what takes it back. They know a store only through
`ikas_explore.values.protocols.WebhookStore`.
"""
