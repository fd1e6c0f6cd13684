"""What a user can say of masks: the options, the presets, and the words for what is wrong with either.

It imports nothing but `errors`.
"""
