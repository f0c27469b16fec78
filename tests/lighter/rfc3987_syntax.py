"""In place of a library that takes a second to be imported, with nbformat, in every Python.

JupyterLab brings it, and jsonschema uses it for addresses, of which notebooks have none. A user
with the extra ``ci`` has it not.
"""

raise ImportError
