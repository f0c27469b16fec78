"""Forms and a manager in the notebook: what a click will change is shown before it is clicked.

``session`` knows a store and has no widgets. ``words`` and ``texts`` are what is said, ``markup``
and ``style.css`` how it looks, ``still`` a picture of it. ``fields`` describes what the schema asks
for, ``controls`` are what a person fills in and clicks, ``lines`` and ``matrix`` where scopes or
stores are chosen, ``actions`` the parts with a preview each. ``checklists``, ``manager`` and
``fleet_matrix`` are the forms made of them, ``form`` what all forms are.
"""
