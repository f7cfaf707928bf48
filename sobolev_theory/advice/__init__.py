"""From a network and data to an answer: do derivatives pay, how much do they give, and with which weight?"""
