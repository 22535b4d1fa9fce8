"""Sampleton, who lives there: the blocks of the census and the tracts of its survey."""
