"""Deliveries on disk: Levelground stores each as it was sent, and checks that it stays intact."""
