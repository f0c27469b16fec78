"""What is wrong with the webhooks of one store or a thousand, and what to do about it.

`rules` and `probe_rules` hold one small function a rule; `policy` says what is wanted;
`probes` looks at the endpoints from outside; `report` is the outcome.
"""
