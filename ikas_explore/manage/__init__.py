"""What differs, what to do about it, doing it, and taking it back.

`diff` compares two webhook frames; `planning` makes a `plan`, a diff that can be applied;
`journal` keeps what stood there before each write. All of them see a store only through
the small protocol in `registry`.
"""
