"""A generator of bad input: every public function and method, and the command line, with arguments that are off.

A case takes a call that works and spoils one or two of its arguments. What is accepted must fit its role, and give
finite numbers or say why not; what is refused must be refused by an error of the package that names an argument.
Cases are numbered: ``python -m tests.bad_input 4600`` runs so many, ``python -m tests.bad_input 0 17 205`` single ones.
"""
