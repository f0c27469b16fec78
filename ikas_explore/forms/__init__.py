"""Forms and a manager in the notebook: what a click will change is shown before it is clicked.

``session`` knows a store and has no widgets. ``words`` and ``texts`` are what is said, ``markup``
and ``style.css`` how it looks. ``controls`` are what a person fills in and clicks, ``matrix`` where
scopes or stores are chosen, ``actions`` the parts with a preview each. ``manager`` and
``fleet_matrix`` are the forms made of them, ``form`` what all forms are. After every change the
parts say what they show, as values of ``view``, which makes the widgets so.
"""
