"""Forms and a manager in the notebook: what a click will change is shown before it is clicked.

``session`` knows a store (``watched`` through its registry) and has no widgets; ``markup`` makes
HTML and text, escaped, ``style`` their look, ``messages`` the words of ``texts``. ``fields``
describes what the schema asks for; ``controls``, ``checklist``, ``matrix`` and ``button`` are what
a person fills in and clicks. ``listing``, ``saving``, ``deleting`` and ``undoing`` are the parts,
each with its preview, ``outcomes`` tells what came of them; ``save``, ``delete``, ``manager`` and
``overview`` are the forms put together from them, and ``form`` what all of them are.
"""
