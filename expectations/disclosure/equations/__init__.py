"""Write down the knowledge of a reader: cells, the equations between them, and the published figures that give them."""
