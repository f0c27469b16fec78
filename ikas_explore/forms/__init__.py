"""Forms and a manager in the notebook: what a click will change is shown before it is clicked.

``session`` knows a store and has no widgets; ``markup`` makes HTML and text, escaped;
``controls``, ``checklist`` and ``matrix`` are what a person fills in; ``saving``, ``deleting``
and ``undoing`` are the three things that can be done, each with its preview; ``save``,
``delete`` and ``manager`` are the forms put together from them.
"""
