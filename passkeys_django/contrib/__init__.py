"""Apps for sites with another package beside this one, a package a room. Only sites that list an app import it.

Code that every site needs does not belong here.
"""
