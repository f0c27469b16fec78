"""What is wrong with the webhooks of one store or a thousand, and what to do about it.

`wanted` is what rules may read, `rules` and `probe_rules` hold one small function for each rule,
`policy` adds how bad a finding is, `probes` looks at the endpoints from outside, and `report` is
what was found; it passes that on as HTML, Markdown, JUnit, CSV or a plot.
"""
