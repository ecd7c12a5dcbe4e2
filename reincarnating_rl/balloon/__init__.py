"""`python -m reincarnating_rl.balloon`: whole flights, measured and drawn."""
