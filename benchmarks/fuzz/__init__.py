"""Bad input, generated: what skerry does with files and command lines that nobody would give it on purpose.

Every input is made by a function of a `random.Random`. It draws from a seed, from the bytes that a coverage-guided
fuzzer mutates (`chance.py`), or from hypothesis (`tests/fuzz`), so all three make the same inputs.
"""
