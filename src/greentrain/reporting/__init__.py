"""Results for people and for other programs; each form is a module of its own, loaded when it is wanted."""
