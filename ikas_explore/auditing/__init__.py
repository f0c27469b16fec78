"""What is wrong with the webhooks of one store or a thousand, and what to do about it.

`rules` and `probe_rules` hold one small function a rule; `policy` says what is wanted;
`probes` looks at the endpoints from outside; `report` is the outcome, and `html`, `markdown`,
`junit` and `plots` are ways to pass it on. A policy holds rules and a rule is given the policy, and
an outcome makes reports that are about it: these know each other by type only.
"""
