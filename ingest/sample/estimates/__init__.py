"""Tables of figures that other publishers computed, in the forms of the Urban Institute, County Health Rankings and the ACS.

Values are set and not drawn: a measure finds the planted value itself.
"""
