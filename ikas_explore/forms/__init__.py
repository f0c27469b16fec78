"""Forms and a manager in the notebook: what a click will change is shown before it is clicked.

``session`` knows a store and has no widgets. ``words`` and ``texts`` are what is said, ``markup``
and ``style`` how it looks. ``fields`` describes what the schema asks for, ``controls`` are what a
person fills in and clicks, ``matrix`` is where scopes are chosen. The sections are the parts with
a preview each; ``save_form``, ``delete_form``, ``manager`` and ``fleet_matrix`` are the forms made
of them, ``form`` what all forms are, and ``cells`` which cell of a notebook shows which form.
"""
