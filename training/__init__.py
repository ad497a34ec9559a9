"""The offline half of Frond: prepare -> fit -> export -> evaluate. TensorFlow lives only here."""
