"""Storage systems, each in a folder of its own, behind one set of small abstract classes."""
