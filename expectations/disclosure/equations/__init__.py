"""Write down what a reader of the public file knows: cells, the equations between them, and the figures that give them."""
