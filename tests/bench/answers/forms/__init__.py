"""django-formtools' SessionWizardView, each answer written as an event: what people would use instead.

As its documentation has it, with sessions in the database and the least middleware that it needs. FORMS says how many
forms it has.
"""
