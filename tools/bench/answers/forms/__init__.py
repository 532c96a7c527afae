"""django-formtools' SessionWizardView, each answer written as an event: what people would use instead.

As its documentation has it, in a project as `startproject` makes one. A decision graph asks a question because of an
answer before it, so each form but the first has a condition. FORMS says how many forms it has.
"""
