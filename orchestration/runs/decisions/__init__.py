"""What people have decided: to accept a delivery that was held back, and what to say of figures that turned out wrong."""
